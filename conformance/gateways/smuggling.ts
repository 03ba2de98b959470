import { readVectors } from '../../packages/protocol/test/vectors.ts';
import type { Field } from './http2.ts';
import { head } from './wire.ts';

export interface Attempt {
  readonly what: string;
  readonly bytes: string;
}

export interface Http2Attempt {
  readonly what: string;
  readonly fields: readonly Field[];
  readonly body?: string;
}

const TARGETS = [
  ...['/api/invoices/../services', '/api/invoices/%2e%2e/services', '/api/invoices/.%2e/services', '/api/invoices/..%2fservices'],
  ...[
    '/api/invoices%2f..%2fservices',
    '/api/services%2f..%2finvoices',
    '/api/services/../invoices',
    '/api/./services',
    '/api/%2e/services',
  ],
  ...[
    '//api/services',
    '/api//services',
    '/api/invoices//../services',
    '//services',
    '///services',
    '/api/invoices/;/../services',
  ],
  ...[
    '/api/services;/invoices',
    '/api/invoices;a=1',
    '/api;/services',
    '/api/invoices/..;/services',
    '/api/invoices%3b/../services',
  ],
  ...['/api/invoices%00/services', '/api/services%00', '/api/invoices%0d%0aX:1', '/api/invoices\\..\\services', '/api\\services'],
  ...[
    '/api/invoices%5c..%5cservices',
    '/api/invoices%252f..%252fservices',
    '/api/%2573ervices',
    '/api/invoices/%252e%252e/services',
  ],
  ...[
    '/api/%73ervices',
    '/api/services%20',
    '/api/services%09',
    '/api/services.',
    '/api/services/.',
    '/API/SERVICES',
    '/api/SERVICES',
  ],
  ...[
    '/api/services?/api/invoices',
    '/api/services?',
    '/api/services%3f/api/invoices',
    '/api/invoices?/../../services',
    '/?/api/invoices',
  ],
  ...[
    '/api/services#/api/invoices',
    '/api/invoices#/../services',
    '/api/services#',
    '/api/services%23/invoices',
    '#/api/services',
  ],
  ...[
    '/api/invoices/%c0%ae%c0%ae/services',
    '/api/invoices/%u002e%u002e/services',
    '/api/invoices/%ff',
    '/api/invoices/%',
    '/api/invoices/%zz',
  ],
  ...[
    '/api/services/%E2%80%AE',
    '/api/\xc3\xa9',
    '/api/invoices/\xff',
    '/api/invoices\t/services',
    '/api/invoices\x0b',
    '/api/invoices\x7f',
  ],
  ...['http://localhost/api/services', 'http://localhost/api/invoices', 'http://api/services', 'https://localhost/api/services'],
  ...[
    'HTTP://LOCALHOST/api/services',
    'http://localhost',
    'http://localhost?/api/invoices',
    'http://api/invoices@localhost/api/services',
  ],
  ...[
    'http:///api/services',
    'http:/api/services',
    'file:///api/services',
    'services://api/invoices',
    '//localhost/api/services',
  ],
  ...[
    '*',
    'api/services',
    'localhost:443',
    '@/api/services',
    '?permission=invoices.read',
    '/verify',
    '/verify/api/invoices',
    '/_keyhouse',
  ],
  ...[
    '/_keyhouse?permission=invoices.read',
    '/api/services?permission=invoices.read',
    '/api/invoices?a=%0d%0aX-Keyhouse-User:%201',
  ],
  ...[
    '/status/../api/services',
    '/status/%2e%2e/api/services',
    '/status//../api/services',
    '/status/..;/api/services',
    '/status%2f..%2fapi',
  ],
];

const METHODS = [
  ...[
    'get',
    'Get',
    'gET',
    'post',
    'delete',
    'SPY',
    'PURGE',
    'LINK',
    'QUERY',
    'PROPFIND',
    'TRACE',
    'TRACK',
    'DEBUG',
    'CONNECT',
    'PRI',
  ],
  ...['OPTIONS', 'DELETE', 'PUT', 'PATCH', 'POST', 'G\tET', 'GET\x00', 'GET,DELETE', '"GET"', 'M-SEARCH', '__proto__', 'HEAD'],
];

const OVERRIDES = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'].flatMap((name) => [
  name,
  name.toLowerCase(),
  name.replaceAll('-', '_'),
  name.replace('-', '_'),
  name.replace(/-(?=[^-]*$)/, '_'),
  ...['.', '~', '!', "'"].map((character) => name.replaceAll('-', character)),
]);

/** Names under which the API hears of the caller, the question is asked, or a framework looks for the path. */
const NAMES = [
  ...['X~Keyhouse~Account', 'X!Keyhouse-Account', 'X-Keyhouse+Account', 'X|Keyhouse^User', 'X~Original~URL', 'X*Forwarded-For'],
  ...[
    'X-Keyhouse-Account',
    'x-keyhouse-account',
    'X-KEYHOUSE-ACCOUNT',
    'X_Keyhouse_Account',
    'X-Keyhouse_Account',
    'X_Keyhouse-Account',
  ],
  ...[
    'X.Keyhouse.Account',
    'X-Keyhouse.Account',
    'X-Keyhouse-User',
    'X-Keyhouse-Subject',
    'X-Keyhouse-Permissions',
    'X-Keyhouse-Kind',
  ],
  ...[
    'X-Keyhouse-Application',
    'X-Keyhouse-Credential',
    'X-Keyhouse-Environment',
    'X-Keyhouse-Admin',
    'X-Keyhouse',
    'X-Keyhouse-',
  ],
  ...['X-Forwarded-Uri', 'X-Forwarded-Method', 'x-forwarded-uri', 'X_Forwarded_Uri', 'X-Original-URI', 'X-Original-Method'],
  ...[
    'X_Original_URI',
    'X-Original-URL',
    'X-Original_URL',
    'X-Rewrite-URL',
    'X_Rewrite_URL',
    'X-Forwarded-For',
    'X_Forwarded_For',
    'Forwarded',
  ],
];

/** The host is part of X-Original-URL as ingress-nginx writes it: what a client puts into it must not become the path. */
const HOSTS = [
  ...['localhost/api/invoices?', 'localhost/api/invoices', 'localhost/api/invoices#', 'localhost?', 'localhost#', 'localhost?x='],
  ...['localhost\\api\\invoices\\', 'localhost@a', 'a@localhost', 'localhost:443/api/invoices?', 'localhost:/api/invoices?', ':'],
  ...[
    'localhost%2fapi%2finvoices%3f',
    '[::1]/api/invoices?',
    'localhost;/api/invoices',
    'localhost /api/invoices?',
    '',
    '/',
    '//',
  ],
  ...['https://localhost/api/invoices?', 'localhost\tx', 'localhost\x00/api/invoices?', 'xn--a', '\xe4', '*', "localhost'"],
];

const INNER = (credential: string): string => head('GET /api/services?inner', [`Authorization: Bearer ${credential}`]);

export function attempts(credential: string): readonly Attempt[] {
  const authorization = `Authorization: Bearer ${credential}`;
  const request = (line: string, ...more: readonly string[]): string => head(line, ['Connection: close', authorization, ...more]);
  const inner = INNER(credential);
  const chunked = `0\r\n\r\n${inner}`;
  const raw = (...lines: readonly string[]): string =>
    `GET /api/invoices HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n${lines.join('')}`;

  const targets = TARGETS.flatMap((target) => [
    { what: `target ${target}`, bytes: request(`GET ${target}`) },
    { what: `HTTP/1.0 ${target}`, bytes: `GET ${target} HTTP/1.0\r\n${authorization}\r\n\r\n` },
  ]);
  const methods = METHODS.flatMap((method) => [
    { what: `method ${method}`, bytes: request(`${method} /api/invoices`) },
    { what: `method ${method} without a credential`, bytes: head(`${method} /api/invoices`, ['Connection: close']) },
  ]);
  const preflight = ['Origin: https://a.example', 'Access-Control-Request-Method: GET'];
  const overrides = OVERRIDES.flatMap((name) => [
    { what: `${name} over GET`, bytes: request('GET /api/invoices', `${name}: DELETE`) },
    {
      what: `${name} over OPTIONS`,
      bytes: head('OPTIONS /api/services', ['Connection: close', ...preflight, `${name}: DELETE`]),
    },
    { what: `${name}, empty and again`, bytes: request('GET /api/invoices', `${name}:`, `${name}: DELETE`) },
    { what: `${name}: 0`, bytes: request('GET /api/invoices', `${name}: 0`) },
  ]);
  const names = NAMES.flatMap((name) =>
    ['1', '/api/invoices', 'GET', '127.0.0.1'].flatMap((value) => [
      { what: `${name}: ${value}`, bytes: request('GET /api/invoices', `${name}: ${value}`) },
      { what: `${name}: ${value}, twice`, bytes: request('GET /api/services', `${name}: ${value}`, `${name}: /api/invoices`) },
      { what: `${name}: ${value}, on a public path`, bytes: head('GET /status', ['Connection: close', `${name}: ${value}`]) },
    ]),
  );
  const hops = [
    'X-Keyhouse-Account',
    'x-keyhouse-permissions, close',
    'X-Forwarded-Method',
    'X-Original-URI',
    'Authorization',
    'X-Forwarded-For',
  ].map((name) => ({ what: `Connection: ${name}`, bytes: head('GET /api/invoices', [authorization, `Connection: ${name}`]) }));
  const overrideHop = {
    what: 'Connection: X-HTTP-Method-Override',
    bytes: head('GET /api/invoices', [authorization, 'Connection: X-HTTP-Method-Override', 'X-HTTP-Method-Override: DELETE']),
  };
  const families = [
    ['X-Forwarded-Method: GET', 'X-Forwarded-Uri: /api/invoices'],
    ['X-Original-Method: GET', 'X-Original-URI: /api/invoices'],
    ['X-Forwarded-Method: GET', 'X-Forwarded-Uri: /api/invoices', 'X-Original-Method: GET', 'X-Original-URI: /api/invoices'],
    ['X-Original-Method: GET', 'X-Original-URL: https://localhost/api/invoices'],
    ['X-Original-Method: GET', 'X-Original-URL: /api/invoices', 'X-Original-URI: /api/invoices'],
    ['X-Original-URL: https://localhost/api/invoices'],
    ['X-Original-Method: GET'],
    ['X_Original_Method: GET', 'X_Original_URL: https://localhost/api/invoices'],
    ['X-Forwarded-Host: api', 'X-Forwarded-Prefix: /api/invoices', 'X-Forwarded-Server: a'],
  ].flatMap((family) => [
    { what: `${family.join(', ')}`, bytes: request('GET /api/services', ...family) },
    { what: `${family.join(', ')} for a DELETE`, bytes: request('DELETE /api/invoices', ...family) },
  ]);
  const hosts = HOSTS.flatMap((host) =>
    ['/api/services', '/api/invoices', '//api/services', 'http://localhost/api/services'].map((target) => ({
      what: `host ${JSON.stringify(host)} and ${target}`,
      bytes: `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${authorization}\r\n\r\n`,
    })),
  );
  const credentials = [
    ['two credentials', ['Authorization: Bearer x']],
    ['the same credential twice', [authorization]],
    ['an empty second one', ['Authorization:']],
    ['Basic beside it', ['Authorization: Basic YTpi']],
  ].map(([what, more]) => ({ what: String(what), bytes: request('GET /api/invoices', ...(more as string[])) }));
  const shapes = [
    { what: 'a folded header', bytes: raw('X-A: 1\r\n X-Keyhouse-User: 1\r\n\r\n') },
    {
      what: 'a folded Authorization',
      bytes: `GET /api/services HTTP/1.1\r\nHost: localhost\r\nAuthorization:\r\n Bearer ${credential}\r\n\r\n`,
    },
    { what: 'a space before the colon', bytes: raw('X-Keyhouse-User : 1\r\n\r\n') },
    { what: 'a space before the name', bytes: raw(' X-Keyhouse-User: 1\r\n\r\n') },
    { what: 'a tab in the name', bytes: raw('X-Keyhouse-User\t: 1\r\n\r\n') },
    { what: 'a bare CR', bytes: raw('X-A: 1\rX-Keyhouse-User: 1\r\n\r\n') },
    { what: 'a bare LF', bytes: raw('X-A: 1\nX-Keyhouse-User: 1\r\n\r\n') },
    { what: 'a NUL in a value', bytes: raw('X-A: 1\x00X-Keyhouse-User: 1\r\n\r\n') },
    { what: 'LF alone', bytes: request('GET /api/services').replaceAll('\r\n', '\n') },
    { what: 'no name', bytes: raw(': 1\r\n\r\n') },
    { what: 'no colon', bytes: raw('X-Keyhouse-User 1\r\n\r\n') },
    { what: 'two hosts', bytes: request('GET /api/invoices', 'Host: evil.example') },
    { what: 'no host', bytes: `GET /api/invoices HTTP/1.1\r\n${authorization}\r\n\r\n` },
    { what: 'HTTP/0.9', bytes: 'GET /api/services\r\n\r\n' },
    { what: 'HTTP/2.0', bytes: `GET /api/services HTTP/2.0\r\nHost: localhost\r\n${authorization}\r\n\r\n` },
    { what: 'a third word', bytes: `GET /api/invoices /api/services HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n\r\n` },
    { what: 'two versions', bytes: `GET /api/services HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n\r\n` },
    { what: '64 kB in one header', bytes: request('GET /api/invoices', `X-A: ${'a'.repeat(65_536)}`) },
    {
      what: '64 kB of headers',
      bytes: request('GET /api/invoices', ...Array.from({ length: 1000 }, (_, n) => `X-${n}: ${'a'.repeat(60)}`)),
    },
    { what: '64 kB of credential', bytes: head('GET /api/invoices', [`Authorization: Bearer ${'a'.repeat(65_536)}`]) },
    { what: '64 kB of target', bytes: request(`GET /api/invoices?${'a'.repeat(65_536)}`) },
    {
      what: 'Upgrade: h2c',
      bytes:
        head('GET /api/invoices', [
          authorization,
          'Connection: Upgrade, HTTP2-Settings',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABkAAQAAP__',
        ]) + inner,
    },
    {
      what: 'Upgrade: websocket',
      bytes:
        head('GET /api/invoices', [
          authorization,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        ]) + inner,
    },
  ];
  const conditions = [
    'If-None-Match: *',
    'If-Match: "x"',
    'If-Modified-Since: Mon, 23 Nov 2099 10:00:00 GMT',
    'Range: bytes=0-0',
  ].flatMap((condition) => [
    { what: condition, bytes: request('GET /api/invoices', condition) },
    { what: `${condition}, elsewhere`, bytes: request('GET /api/services', condition) },
    { what: `${condition}, without a credential`, bytes: head('GET /api/invoices', ['Connection: close', condition]) },
  ]);
  const framing = [
    ['both lengths', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['both lengths, the other way', ['Transfer-Encoding: chunked', `Content-Length: ${chunked.length}`]],
    ['two lengths', ['Content-Length: 0', `Content-Length: ${inner.length}`]],
    ['a list of lengths', [`Content-Length: 0, ${inner.length}`]],
    ['a length with a sign', [`Content-Length: +${inner.length}`]],
    ['a length in hex', ['Content-Length: 0x5']],
    ['a negative length', ['Content-Length: -1']],
    ['a length with a space', ['Content-Length: 0 0']],
    ['chunked with a tab', ['Transfer-Encoding:\tchunked']],
    ['xchunked', ['Transfer-Encoding: xchunked', 'Content-Length: 5']],
    ['chunked, identity', ['Transfer-Encoding: chunked, identity']],
    ['identity, chunked', ['Transfer-Encoding: identity, chunked']],
    ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['a quoted encoding', ['Transfer-Encoding: "chunked"', 'Content-Length: 5']],
    ['an underscored encoding', ['Transfer_Encoding: chunked', 'Content-Length: 5']],
    ['a space before the colon of the encoding', ['Transfer-Encoding : chunked', 'Content-Length: 5']],
    ['a folded encoding', ['Transfer-Encoding:\r\n chunked', 'Content-Length: 5']],
    ['a vertical tab', ['Transfer-Encoding: \x0bchunked', 'Content-Length: 5']],
  ].flatMap(([what, lines]) =>
    ['GET', 'POST'].map((method) => ({
      what: `${method} with ${what}`,
      bytes: head(`${method} /api/invoices`, [authorization, ...(lines as string[])]) + chunked,
    })),
  );
  const chunks = [
    '0;\n',
    '5\r\nhello',
    'FFFFFFFFFFFFFFFF0\r\n',
    '0\n\r\n',
    '00000000000\r\nX-Keyhouse-User: 1\r\n\r\n',
    '-1\r\n',
    '0x0\r\n\r\n',
    '5 \r\nhello\r\n0\r\n\r\n',
    '0\r\nX-Keyhouse-User: 1\r\n\r\n',
  ].map((text) => ({
    what: `the chunk ${JSON.stringify(text)}`,
    bytes: head('GET /api/invoices', [authorization, 'Transfer-Encoding: chunked']) + text + inner,
  }));
  const lines = [
    {
      what: 'a body that is a request',
      bytes: head('GET /api/invoices', [authorization, `Content-Length: ${inner.length}`]) + inner,
    },
    {
      what: 'pipelining',
      bytes: head('GET /api/invoices', [authorization]) + inner + head('GET /api/invoices?after', [authorization]),
    },
    {
      what: 'pipelining without a credential',
      bytes: head('GET /api/invoices', [authorization]) + head('GET /api/invoices?bare'),
    },
    {
      what: 'Expect: 100-continue',
      bytes: head('GET /api/invoices', [authorization, `Content-Length: ${inner.length}`, 'Expect: 100-continue']) + inner,
    },
  ];
  return [
    targets,
    methods,
    overrides,
    names,
    hops,
    overrideHop,
    families,
    hosts,
    credentials,
    shapes,
    conditions,
    framing,
    chunks,
    lines,
  ].flat();
}

/** The same by HTTP/2, where lengths and line breaks are plain bytes of a value, and a gateway writes HTTP/1.1 from them. */
export function http2Attempts(credential: string): readonly Http2Attempt[] {
  const authorization: Field = ['authorization', `Bearer ${credential}`];
  const line = (method: string, path: string): Field[] => [
    ...([
      [':method', method],
      [':scheme', 'https'],
      [':path', path],
      [':authority', 'localhost'],
    ] as Field[]),
    authorization,
  ];
  const plain = line('GET', '/api/invoices');
  const instead = (name: string, value: string): Field[] => plain.map((field) => (field[0] === name ? [name, value] : field));
  const inner = INNER(credential);
  const injected = ` HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${credential}\r\n\r\nGET /api/services`;
  const values = [
    '1\r\nX-Keyhouse-User: 1',
    '1\nX-Keyhouse-User: 1',
    '1\rX-Keyhouse-User: 1',
    '1\0',
    `1\r\n\r\n${inner}`,
    ' 1',
    '1 ',
  ];
  const names = [
    'x-a: 1\r\nx-keyhouse-user',
    'x-a\r\n',
    'x-a:',
    'x a',
    'X-Keyhouse-User',
    'x-a\0',
    '',
    ' x-keyhouse-user',
    'x-keyhouse-user ',
  ];
  return [
    { what: 'what is allowed', fields: plain },
    ...TARGETS.map((target) => ({ what: `target ${target}`, fields: instead(':path', target) })),
    ...METHODS.map((method) => ({ what: `method ${method}`, fields: instead(':method', method) })),
    ...NAMES.map((name) => ({ what: name, fields: [...plain, [name.toLowerCase(), '/api/invoices'] as const] })),
    ...HOSTS.flatMap((host) => [
      { what: `authority ${JSON.stringify(host)}`, fields: instead(':authority', host) },
      {
        what: `host ${JSON.stringify(host)}`,
        fields: [...plain.filter(([name]) => name !== ':authority'), ['host', host] as const],
      },
    ]),
    ...OVERRIDES.map((name) => ({ what: name, fields: [...plain, [name.toLowerCase(), 'DELETE'] as const] })),
    ...values.map((value) => ({ what: `value ${JSON.stringify(value)}`, fields: [...plain, ['x-a', value] as const] })),
    ...names.map((name) => ({ what: `name ${JSON.stringify(name)}`, fields: [...plain, [name, '1'] as const] })),
    { what: 'a path with a request in it', fields: instead(':path', `/api/invoices${injected}`) },
    { what: 'a path with a space', fields: instead(':path', '/api/services /api/invoices') },
    { what: 'a method with a request in it', fields: instead(':method', `GET /api/invoices${injected.slice(0, -17)}GET`) },
    { what: 'a method with a path', fields: instead(':method', 'GET /api/services HTTP/1.1\r\nX-A:') },
    { what: 'an authority with a path', fields: instead(':authority', 'localhost/api/services?') },
    { what: 'an authority with a header', fields: instead(':authority', 'localhost\r\nX-Keyhouse-User: 1') },
    { what: 'a scheme with a path', fields: instead(':scheme', 'https://localhost/api/services?') },
    { what: 'a scheme with a request in it', fields: instead(':scheme', `https${injected}`) },
    { what: 'two paths', fields: [[':path', '/api/services'] as const, ...plain] },
    { what: 'two methods', fields: [[':method', 'DELETE'] as const, ...plain] },
    { what: 'a path behind the headers', fields: [...plain, [':path', '/api/services'] as const] },
    { what: 'no path', fields: plain.filter(([name]) => name !== ':path') },
    { what: 'an unknown pseudo-header', fields: [[':x-keyhouse-user', '1'] as const, ...plain] },
    { what: 'extended CONNECT', fields: [[':protocol', 'websocket'] as const, ...instead(':method', 'CONNECT')] },
    { what: 'another host', fields: [...plain, ['host', 'evil.example'] as const] },
    { what: 'two credentials', fields: [...plain, ['authorization', 'Bearer x'] as const] },
    { what: 'Connection', fields: [...plain, ['connection', 'x-keyhouse-account, authorization'] as const] },
    {
      what: 'Transfer-Encoding',
      fields: [...line('POST', '/api/invoices'), ['transfer-encoding', 'chunked'] as const],
      body: `0\r\n\r\n${inner}`,
    },
    {
      what: 'Transfer-Encoding of a GET',
      fields: [...plain, ['transfer-encoding', 'chunked'] as const],
      body: `0\r\n\r\n${inner}`,
    },
    { what: 'a body without a length', fields: plain, body: inner },
    { what: 'a length too small', fields: [...plain, ['content-length', '0'] as const], body: inner },
    { what: 'a length too large', fields: [...plain, ['content-length', '99999'] as const], body: inner },
    {
      what: 'two lengths',
      fields: [...plain, ['content-length', '0'] as const, ['content-length', `${inner.length}`] as const],
      body: inner,
    },
    { what: 'Upgrade', fields: [...plain, ['upgrade', 'websocket'] as const, ['http2-settings', 'AAMAAABkAAQAAP__'] as const] },
  ];
}

export const LLHTTP = 'llhttp-http1-request';
const FILES = ['connection', 'content-length', 'invalid', 'lenient-headers', 'method', 'pipelining', 'transfer-encoding', 'uri'];

/** llhttp's own requests, whole and broken, each with the credential behind its first line. */
export function vectors(credential: string): readonly Attempt[] {
  return FILES.flatMap((file) => {
    const text = readVectors(`${LLHTTP}/${file}.md`);
    return [...text.matchAll(/```http\n(.*?)```/gs)].map(([, block = ''], index) => ({
      what: `llhttp ${file} ${index}`,
      bytes: unescaped(block).replace('\r\n', `\r\nAuthorization: Bearer ${credential}\r\n`),
    }));
  });
}

/** As llhttp's tests read them: a line break is CRLF unless it is escaped, and escapes stand for their characters. */
const unescaped = (block: string): string =>
  block
    .replaceAll('\\\n', '')
    .replaceAll('\n', '\r\n')
    .replaceAll('\\r', '\r')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replaceAll('\\f', '\f')
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
