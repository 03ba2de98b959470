/**
 * The page of the API reference: the package's script, our OpenAPI document inside, and nothing else. It is shown in a sandbox
 * without an origin, so that the script of another project reaches neither the dashboard's cookie nor its private API.
 */
import { randomBytes } from 'node:crypto';

export interface DocsPage {
  readonly html: string;
  readonly policy: string;
}

/**
 * `sandbox` without `allow-same-origin`: an opaque origin (HTML §7.1.5). Scripts run by the nonce of this one answer. Style
 * elements too; style attributes, which the reference writes by the hundred, may be inline: without an origin and without any
 * request they only change how this page looks.
 */
const policyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    'sandbox allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox',
  ].join('; ');

/** The page sends no requests: none for trying an operation out, and no telemetry. */
const CONFIGURATION = {
  telemetry: false,
  withDefaultFonts: false,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  hideTestRequestButton: true,
};

/** `script`: the path of the package's script. */
export function docsPage(openApi: object, script: string): DocsPage {
  const nonce = randomBytes(16).toString('base64url');
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Keyhouse API</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta property="csp-nonce" content="${nonce}">
    <script nonce="${nonce}">${withoutOrigin(nonce)}</script>
  </head>
  <body>
    <script id="api-reference" type="application/json" data-configuration="${inAttribute(CONFIGURATION)}">${inScript(openApi)}</script>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>
`;
  return { html, policy: policyOf(nonce) };
}

/**
 * What the reference needs and a document without an origin lacks: storage, which here is lost with the page, and the nonce on
 * style elements that it creates while it runs.
 */
const withoutOrigin = (nonce: string): string => `
      const storage = () => {
        const items = new Map();
        return {
          get length() { return items.size; },
          key: (index) => [...items.keys()][index] ?? null,
          getItem: (name) => items.get(String(name)) ?? null,
          setItem: (name, value) => { items.set(String(name), String(value)); },
          removeItem: (name) => { items.delete(String(name)); },
          clear: () => items.clear(),
        };
      };
      for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, { value: storage(), configurable: true });
      const create = document.createElement.bind(document);
      document.createElement = (name, options) => {
        const element = create(name, options);
        if (String(name).toLowerCase() === 'style') element.nonce = '${nonce}';
        return element;
      };
    `;

const inAttribute = (value: object): string => JSON.stringify(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
/** No `<` can end the element or begin a comment (HTML §4.12.1.3). */
const inScript = (value: object): string => JSON.stringify(value).replaceAll('<', '\\u003c');
