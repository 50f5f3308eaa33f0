/** What OpenCTI answers to a GET of any path. */
export const webApplication = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>OpenCTI - Cyber Threat Intelligence Platform</title></head>
<body><div id="root"></div></body></html>
`;

/** The login page that many platforms have before them. */
export const loginPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in</title></head>
<body><form method="post" action="/login"><input name="user"><input name="password" type="password"></form></body></html>
`;
