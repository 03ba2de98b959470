/** What a user agent calls itself, short enough for a table: `curl 8.5.0`, `Chrome on Windows`. It proves nothing. */

export function clientName(userAgent: string): string {
  const browser = BROWSERS.find(({ mark }) => mark.test(userAgent))?.name;
  if (userAgent.startsWith('Mozilla/') && browser !== undefined) {
    const system = SYSTEMS.find(({ mark }) => mark.test(userAgent))?.name;
    return system === undefined ? browser : `${browser} on ${system}`;
  }
  const [, product = userAgent, version] = /^([^/\s]+)\/([^\s;()]+)/.exec(userAgent) ?? [];
  const text = version === undefined ? product : `${product} ${version}`;
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

// The order matters: Edge calls itself Chrome too, and Chrome calls itself Safari.
const BROWSERS = [
  { mark: /\bEdgA?\//, name: 'Edge' },
  { mark: /\bOPR\//, name: 'Opera' },
  { mark: /\bFirefox\/|\bFxiOS\//, name: 'Firefox' },
  { mark: /\bChrom(e|ium)\/|\bCriOS\/|\bHeadlessChrome\//, name: 'Chrome' },
  { mark: /\bSafari\//, name: 'Safari' },
];
const SYSTEMS = [
  { mark: /\biPhone\b/, name: 'iPhone' },
  { mark: /\biPad\b/, name: 'iPad' },
  { mark: /\bAndroid\b/, name: 'Android' },
  { mark: /\bWindows\b/, name: 'Windows' },
  { mark: /\bMac OS X\b/, name: 'macOS' },
  { mark: /\bCrOS\b/, name: 'ChromeOS' },
  { mark: /\bLinux\b/, name: 'Linux' },
];
