/** OpenCTI's ids are UUIDs. What else is of this form can do no harm either, but for the names of this project itself. */
const objectId = /^(?!opencti-wazuh)[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/;

export function isObjectId(text: string): boolean {
  return objectId.test(text);
}
