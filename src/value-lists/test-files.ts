/**
 * Files that exist so that somebody can see a scanner work. MD5, SHA-1 and SHA-256 of each; the contents do not
 * stand here, since scanners would take this file away. Source: https://www.eicar.org/download-anti-malware-testfile/
 */
export const testFiles = [
  // eicar.com, 68 bytes
  '44d88612fea8a8f36de82e1278abb02f',
  '3395856ce81f2b7382dee72602f798b642f14140',
  '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
  // the same with a line feed behind it
  '69630e4574ec6798239b091cda43dca0',
  'cf8bd9dfddff007f75adf4c2be48005cea317c62',
  '131f95c51cc819465fa1797f6ccacf9d494aaaff46fa3eac73ae63ffbdfd8267',
  // eicar_com.zip
  '6ce6f415d8475545be5ba114f208b0ff',
  'd27265074c9eac2e2122ed69294dbc4d7cce9141',
  '2546dcffc5ad854d4ddc64fbf056871cd5a00f2471cb7a5bfd4ac23b6e9eedad',
  // eicarcom2.zip
  'e4968ef99266df7c9a1f0637d2389dab',
  'bec1b52d350d721c7e22a6d4bb0a92909893a3ae',
  'e1105070ba828007508566e28a2b8d4c65d192e9eaf3b7868382b7cae747b397',
] as const;
