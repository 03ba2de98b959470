import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyhouse-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LONG = 'a secret of at least thirty-two bytes';
const with_ = (settings: Record<string, string>) =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`KEYHOUSE_${name}`, value]));
const read = (settings: Record<string, string>) => readConfig(with_(settings));
const faultsOf = (settings: Record<string, string>): readonly string[] => {
  try {
    read(settings);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
};
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('without any setting', () => {
  it('is what the contract says', () => {
    expect(readConfig({ PATH: '/bin' })).toEqual({
      url: 'http://localhost:4141',
      host: '127.0.0.1',
      port: 4141,
      workers: 1,
      databaseUrl: `sqlite:${resolve(import.meta.dirname, '../../../data/keyhouse.db')}`,
      databasePoolSize: 20,
      secret: null,
      secretPrevious: null,
      admin: null,
      mail: null,
      providers: [],
      remindSecretDays: 365,
      signup: 'open',
      teamInvitationsRegister: false,
      trustedProxies: [],
      corsOrigins: [],
      maxJwtDays: 366,
      signingAlgorithm: 'ES256',
      metricsPort: null,
      drainSeconds: 5,
      logLevel: 'info',
    });
  });

  it('takes an empty value for none', () => {
    expect(read({ URL: '', PORT: '', SECRET: '', SECRET_FILE: '', METRICS_PORT: '', TRUSTED_PROXIES: ' , ' })).toEqual(
      readConfig({}),
    );
  });
});

describe('faults', () => {
  it('are told all at once, each with the name of its setting, and never with a secret', () => {
    const faults = faultsOf({
      URL: 'https://keys.example.com/path',
      PORT: '70000',
      DATABASE_URL: 'mysql://root:hunter2hunter2@db/x',
      SECRET: 'short-secret',
      SIGNUP: 'maybe',
      TRUSTED_PROXIES: '10.0.0.0/8, 10.0.0.1/8',
      CORS_ORIGINS: 'https://a.example/',
      MAX_JWT_DAYS: '0',
      LOG_LEVEL: 'loud',
      ADMIN_EMAIL: 'a@example.com',
      SINGUP: 'closed',
    });
    const names = [
      'SINGUP',
      'URL',
      'PORT',
      'DATABASE_URL',
      'SECRET',
      'ADMIN_EMAIL',
      'SIGNUP',
      'TRUSTED_PROXIES',
      'CORS_ORIGINS',
      'MAX_JWT_DAYS',
      'LOG_LEVEL',
    ];
    for (const name of names)
      expect(
        faults.filter((fault) => fault.startsWith(`KEYHOUSE_${name} `) || fault.startsWith(`KEYHOUSE_${name}:`)),
        name,
      ).toHaveLength(1);
    expect(faults).toHaveLength(names.length);
    expect(faults.join()).not.toMatch(/hunter2|short-secret/);
  });

  it.each([
    [
      'URL',
      [
        'keys.example.com',
        'ftp://x',
        'https://',
        'https://u:p@x.example',
        'https://x.example?a',
        'https://x.example#a',
        'https://x.example//',
        ' https://x.example',
      ],
    ],
    ['HOST', ['a b', '[::1]', 'http://x', '']],
    ['PORT', ['-1', '65536', '80.0', '0x50', '1e3', ' 80', 'http']],
    ['DATABASE_URL', ['keyhouse.db', 'sqlite:', 'sqlite::memory:', 'sqlite:a.db?mode=ro', 'postgres:/x', 'file:a.db']],
    ['TRUSTED_PROXIES', ['10.0.0.0/33', 'proxy.example', '10.1', '0.0.0.0/0/0', '*']],
    ['CORS_ORIGINS', ['*', 'null', 'app.example', 'https://app.example/path', 'https://APP.example']],
    ['MAX_JWT_DAYS', ['-1', '0', '3661', 'year']],
    ['DATABASE_POOL_SIZE', ['-1', '0', '1', '1001', 'all']],
    ['WORKERS', ['-1', '0', '65', '1.5', 'many', 'Auto', ' 2']],
    ['SIGNING_ALGORITHM', ['HS256', 'none', 'es256']],
  ])('are found in %s', (name, values) => {
    // An empty value counts as not set, and so is not a fault.
    for (const value of values.filter((text) => text !== '')) expect(faultsOf({ [name]: value }), value).toHaveLength(1);
  });

  it('are settings that do not exist: a misspelt one must not leave a door open', () => {
    for (const name of ['SIGN_UP', 'TRUSTED_PROXY', 'URL_FILE', 'url', ''])
      expect(faultsOf({ [name]: 'x' }), name).toEqual([`KEYHOUSE_${name} is not a setting.`]);
    expect(faultsOf({ VECTORS: '/somewhere' })).toEqual([]);
  });
});

describe('the workers', () => {
  it('are a number, or one for each core', () => {
    expect([read({ WORKERS: '1' }).workers, read({ WORKERS: '64' }).workers]).toEqual([1, 64]);
    expect(read({ WORKERS: 'auto' }).workers).toBe(Math.min(64, availableParallelism()));
    expect(faultsOf({ WORKERS: 'many' })).toEqual(['KEYHOUSE_WORKERS must be auto, or a whole number from 1 to 64.']);
  });
});

describe('the origin', () => {
  it.each([
    ['https://keys.example.com', 'https://keys.example.com'],
    ['https://keys.example.com/', 'https://keys.example.com'],
    ['HTTPS://Keys.Example.com', 'https://keys.example.com'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:4141', 'http://[::1]:4141'],
  ])('%s is %s', (text, url) => {
    expect(read({ URL: text }).url).toBe(url);
  });
});

describe('secrets', () => {
  it('may come from a file, without its last line break and with everything else', () => {
    expect(read({ SECRET_FILE: file('secret', `${LONG}\n`) }).secret).toBe(LONG);
    expect(read({ SECRET_FILE: file('crlf', `${LONG}\r\n`) }).secret).toBe(LONG);
    expect(read({ SECRET_FILE: file('spaces', ` ${LONG} \n\n`) }).secret).toBe(` ${LONG} \n`);
    expect(read({ DATABASE_URL_FILE: file('url', 'postgres://u:p@db/x\n'), SECRET: LONG }).databaseUrl).toBe(
      'postgres://u:p@db/x',
    );
    expect(read({ ADMIN_EMAIL: 'a@example.com', ADMIN_PASSWORD_FILE: file('admin', 'pass\n') }).admin).toEqual({
      email: 'a@example.com',
      password: 'pass',
    });
  });

  it('may not come from two places, nor from a file that cannot be read', () => {
    expect(faultsOf({ SECRET: LONG, SECRET_FILE: file('both', LONG) })).toHaveLength(1);
    expect(faultsOf({ SECRET_FILE: join(folder, 'missing') })).toEqual(['KEYHOUSE_SECRET_FILE: the file cannot be read.']);
    chmodSync(folder, 0o755);
    expect(faultsOf({ SECRET_FILE: folder })).toEqual(['KEYHOUSE_SECRET_FILE: the file cannot be read.']);
  });

  it('have at least 32 bytes, counted as bytes', () => {
    expect(faultsOf({ SECRET: 'x'.repeat(31) })).toHaveLength(1);
    expect(faultsOf({ SECRET: 'é'.repeat(16) })).toEqual([]);
    expect(faultsOf({ SECRET_PREVIOUS: 'x'.repeat(31) })).toHaveLength(1);
  });

  it('are required with PostgreSQL, where there is no file to keep one beside', () => {
    expect(faultsOf({ DATABASE_URL: 'postgres://u:p@db/x' })).toEqual([expect.stringContaining('KEYHOUSE_SECRET is required')]);
    expect(faultsOf({ DATABASE_URL: 'postgresql://u:p@db/x', SECRET: LONG })).toEqual([]);
  });

  it('of the administrator go together', () => {
    expect(faultsOf({ ADMIN_PASSWORD: 'x' })).toHaveLength(1);
    expect(faultsOf({ ADMIN_EMAIL: 'a@example.com' })).toHaveLength(1);
  });
});

describe('other providers and mail', () => {
  const provider = {
    id: 'acme',
    name: 'Acme ID',
    issuer: 'https://id.example.com',
    client_id: 'a',
    client_secret: 'very secret',
  };

  it('are read as they are configured', () => {
    const config = readConfig({
      KEYHOUSE_PROVIDERS: JSON.stringify([provider]),
      KEYHOUSE_SMTP_URL: 'smtps://user:password@mail.example.com:465',
      KEYHOUSE_MAIL_FROM: 'Acme <keys@example.com>',
    });
    expect(config.providers).toEqual([
      { id: 'acme', name: 'Acme ID', issuer: 'https://id.example.com', clientId: 'a', clientSecret: 'very secret', domains: [] },
    ]);
    const listed = { ...provider, domains: ['Example.COM', 'bücher.example', '*'] };
    expect(readConfig({ KEYHOUSE_PROVIDERS: JSON.stringify([listed]) }).providers[0]?.domains).toEqual([
      'example.com',
      'xn--bcher-kva.example',
      '*',
    ]);
    expect(config.mail?.from).toBe('Acme <keys@example.com>');
  });

  it.each([
    [{ KEYHOUSE_PROVIDERS: 'nonsense with a very secret text' }],
    [{ KEYHOUSE_PROVIDERS: JSON.stringify([provider, provider]) }],
    [{ KEYHOUSE_PROVIDERS: JSON.stringify([{ ...provider, id: 'Acme ID', issuer: 'http://id.example.com', client_id: '' }]) }],
    [{ KEYHOUSE_PROVIDERS: JSON.stringify([{ ...provider, domains: 'example.com' }]) }],
    [{ KEYHOUSE_PROVIDERS: JSON.stringify([{ ...provider, domains: ['*.example.com'] }]) }],
    [{ KEYHOUSE_PROVIDERS: JSON.stringify([{ ...provider, domains: ['somebody@example.com'] }]) }],
    [{ KEYHOUSE_PROVIDERS: JSON.stringify([{ ...provider, domains: [''] }]) }],
    [{ KEYHOUSE_SIGNUP: 'closed', KEYHOUSE_TEAM_INVITATIONS_REGISTER: 'yes' }],
    [{ KEYHOUSE_SMTP_URL: 'smtps://user:very secret@mail.example.com' }],
    [{ KEYHOUSE_MAIL_FROM: 'keys@example.com' }],
    [{ KEYHOUSE_SMTP_URL: 'https://very secret@mail.example.com', KEYHOUSE_MAIL_FROM: 'nobody' }],
    [{ KEYHOUSE_SMTP_URL: 'smtp://a:very%20secret@mail.example.com?requireTLS=false', KEYHOUSE_MAIL_FROM: 'a@example.com' }],
    [{ KEYHOUSE_SMTP_URL: 'smtp://a:very%secret@mail.example.com', KEYHOUSE_MAIL_FROM: 'a@example.com' }],
    [{ KEYHOUSE_REMIND_SECRET_DAYS: '-1' }],
  ])('are refused at start when they cannot be meant, without repeating a secret: %j', (environment) => {
    const read = () => readConfig(environment as Record<string, string>);
    expect(read).toThrow(/KEYHOUSE_/);
    expect(read).not.toThrow(/very secret/);
  });
});
