/** What people call the browser and the system behind a user agent. It is a hint for people; nothing is decided by it. */
import Bowser from 'bowser';

export interface Device {
  /** `Firefox 140`; null if the user agent does not name one. */
  readonly browser: string | null;
  /** `Windows 11`, `Android 16`, `macOS`. */
  readonly system: string | null;
}

const NONE: Device = { browser: null, system: null };

export function deviceOf(userAgent: string | null): Device {
  if (userAgent === null || userAgent === '') return NONE;
  const { browser, os } = Bowser.parse(userAgent);
  return { browser: join(browser.name, browser.version?.split('.')[0]), system: join(os.name, systemVersion(os)) };
}

const join = (name: string | undefined, version: string | undefined): string | null =>
  name === undefined || name === '' ? null : version === undefined || version === '' ? name : `${name} ${version}`;

/** Browsers have frozen the version of macOS at 10.15.7 and that of Windows at NT 10.0: no number is better than a wrong one. */
const systemVersion = ({
  name,
  version,
  versionName,
}: {
  name?: string;
  version?: string;
  versionName?: string;
}): string | undefined =>
  name === 'macOS' ? undefined : name === 'Windows' ? (version === 'NT 10.0' ? undefined : versionName) : version;

/** `Firefox 140 on Windows`; the user agent itself if nothing is known of it; null if there is none. */
export function deviceText(userAgent: string | null | undefined): string | null {
  const { browser, system } = deviceOf(userAgent ?? null);
  if (browser === null && system === null) return userAgent ?? null;
  return [browser, system].filter((part) => part !== null).join(' on ');
}
