/** A gateway's question has one reading or none: everything that a client could add to it ends in a refusal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVerifyTarget, readQuestion } from './verify-question.ts';

type Header = readonly [name: string, value: string];
const ask = (target: string, headers: readonly Header[] = [], method = 'GET') => readQuestion(method, target, headers.flat(), []);

const REFUSED = expect.objectContaining({ kind: 'refused' });
const FAMILIES = [
  ['X-Forwarded-Method', 'X-Forwarded-Uri'],
  ['X-Original-Method', 'X-Original-URI'],
  ['X-Original-Method', 'X-Original-URL'],
] as const;

describe('the target', () => {
  it.each([
    'http://evil.example/verify/invoices',
    'https://invoices/verify/services',
    'HTTPS://invoices/verify/services',
    '/%76erify/invoices',
    '/Verify/invoices',
    '/verifyx/invoices',
    '/verify%2Finvoices',
    '//verify/invoices',
    '/x/../verify/invoices',
    '*',
    '',
  ])('is refused when it is another spelling of ours: %s', (target) => {
    expect(ask(target)).toEqual(REFUSED);
  });

  it('is judged only when it is exactly ours, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (target) => {
        if (!isVerifyTarget(target)) expect(ask(target)).toEqual(REFUSED);
      }),
    );
  });
});

describe('the families of headers', () => {
  it('are read in every mixture as one question or none', () => {
    const values = {
      method: ['GET', 'DELETE'],
      uri: ['/invoices', '/services'],
      url: ['https://a.example/invoices', 'https://a.example/services', '/invoices'],
    };
    const field = (name: string, choices: readonly string[]) =>
      fc.array(fc.constantFrom(...choices), { maxLength: 2 }).map((sent) => sent.map((value): Header => [name, value]));
    const headers = fc
      .tuple(
        field('X-Forwarded-Method', values.method),
        field('x-forwarded-uri', values.uri),
        field('X-ORIGINAL-METHOD', values.method),
        field('X-Original-URI', values.uri),
        field('X-Original-URL', values.url),
      )
      .chain((fields) => fc.shuffledSubarray(fields.flat(), { minLength: fields.flat().length }));
    fc.assert(
      fc.property(headers, (sent) => {
        const valuesOf = (name: string) => sent.filter(([header]) => header.toLowerCase() === name).map(([, value]) => value);
        const [fm = [], fu = [], om = [], ou = []] = [
          'x-forwarded-method',
          'x-forwarded-uri',
          'x-original-method',
          'x-original-uri',
        ].map(valuesOf);
        const ol = valuesOf('x-original-url').map((value) => value.replace('https://a.example', ''));
        const isOnce = [fm, fu, om, ou, ol].every((list) => list.length <= 1);
        const isWhole = fm.length === fu.length && om.length === Math.min(1, ou.length + ol.length);
        const isOne = new Set([...fm, ...om]).size === 1 && new Set([...fu, ...ou, ...ol]).size === 1;
        const question = ask('/verify', sent);
        expect(question.kind, JSON.stringify(sent)).toBe(isOnce && isWhole && isOne ? 'permissions' : 'refused');
        if (question.kind !== 'permissions') return;
        const action = [...fm, ...om].includes('GET') ? 'read' : 'write';
        expect(question.permissions).toEqual([`${[...fu, ...ou, ...ol][0]?.slice(1)}.${action}`]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    'http://a.example/invoices',
    'https://a.example/invoices',
    'https://a.example:8443/invoices?a=https://b/services',
    'https://a_b.internal:/invoices',
    'https://203.0.113.7/invoices',
    'https://[2001:db8::1]:443/invoices',
    // Without a Host header: HTTP/1.0, and HTTP/3 of nginx.
    'https:///invoices',
    '/invoices',
  ])('read the path of X-Original-URL: %s', (url) => {
    expect(
      ask('/verify', [
        ['X-Original-Method', 'GET'],
        ['X-Original-URL', url],
      ]),
    ).toEqual({ kind: 'permissions', permissions: ['invoices.read'] });
  });

  // The host is what the client sent: none of these may end the authority sooner or later than the gateway intended.
  it.each([
    'https://a.example?/services',
    'https://a.example#/invoices',
    'https://a.example\\/invoices',
    'https://a.example@b.example/invoices',
    'https://user:x@b.example/invoices',
    'https://a.example%2finvoices/services',
    'https://a.example;/invoices',
    'https://a.example:80:80/invoices',
    'https://a.example:8a/invoices',
    'https://[::1/invoices',
    'https://a b/invoices',
    'https://a.example\t/invoices',
    'https://ä.example/invoices',
    'https://a.example//services',
    'https://a.example/x/../invoices',
    'https:////a.example/invoices',
    'https:/invoices',
    'https:invoices',
    '//a.example/invoices',
    'HTTPS://a.example/invoices',
    'ftp://a.example/invoices',
    'https://a.example',
    'https://a.example?invoices',
    'https://',
    'https://http://a.example/invoices',
    '',
    'invoices',
    '*',
  ])('refuse an X-Original-URL that is not an origin and a path: %s', (url) => {
    expect(
      ask('/verify', [
        ['X-Original-Method', 'GET'],
        ['X-Original-URL', url],
      ]),
    ).toEqual({ kind: 'refused', why: 'path', fault: { fault: 'value', headers: ['X-Original-URL'] } });
  });

  it('take no absolute URL in the headers that hold a path', () => {
    for (const name of ['X-Original-URI', 'X-Forwarded-Uri']) {
      const method = name.replace('URI', 'Method').replace('Uri', 'Method');
      expect(
        ask('/verify', [
          [method, 'GET'],
          [name, 'https://a.example/invoices'],
        ]),
      ).toEqual({ kind: 'refused', why: 'path', fault: { fault: 'value', headers: [name] } });
    }
  });

  it('that cannot be judged are told by the names of their headers', () => {
    const GET: Header = ['X-Original-Method', 'GET'];
    const URL: Header = ['X-Original-URL', 'https://a.example/invoices'];
    const cases: readonly (readonly [readonly Header[], string, readonly string[]])[] = [
      [[URL], 'missing', ['X-Original-Method', 'X-Original-URL']],
      [[['X-Original-URI', '/invoices']], 'missing', ['X-Original-Method', 'X-Original-URI']],
      [[GET], 'missing', ['X-Original-URI', 'X-Original-Method']],
      [[['X-Forwarded-Uri', '/invoices']], 'missing', ['X-Forwarded-Method', 'X-Forwarded-Uri']],
      [[['X-Forwarded-Method', 'GET']], 'missing', ['X-Forwarded-Uri', 'X-Forwarded-Method']],
      [[GET, URL, ['X-Forwarded-Uri', '/invoices']], 'missing', ['X-Forwarded-Method', 'X-Forwarded-Uri']],
      [[GET, GET, URL], 'repeated', ['X-Original-Method']],
      [[GET, URL, ['x-original-url', 'https://a.example/services']], 'repeated', ['X-Original-URL']],
      [[GET, URL, ['X-Original-URI', '/services']], 'disagree', ['X-Original-URI', 'X-Original-URL']],
      [
        [GET, URL, ['X-Forwarded-Method', 'DELETE'], ['X-Forwarded-Uri', '/invoices']],
        'disagree',
        ['X-Forwarded-Method', 'X-Original-Method'],
      ],
    ];
    for (const [sent, fault, headers] of cases)
      expect(ask('/verify', sent), JSON.stringify(sent)).toEqual({
        kind: 'refused',
        why: 'ambiguous',
        fault: { fault, headers },
      });
    expect(ask('/verify', [['X-Original-Method', 'SPY'], URL])).toMatchObject({
      why: 'method',
      fault: { fault: 'value', headers: ['X-Original-Method'] },
    });
    expect(ask('/verify', [GET, URL, ['X_HTTP_Method', 'SPY']])).toMatchObject({
      why: 'method',
      fault: { fault: 'value', headers: ['x-http-method'] },
    });
    expect(ask('/verify')).toMatchObject({ why: 'nothing_to_judge', fault: null });
    expect(ask('/verify?permission=x')).toMatchObject({ why: 'ambiguous', fault: { fault: 'parameter', headers: [] } });
    expect(ask('http://a/verify/x')).toMatchObject({ why: 'ambiguous', fault: { fault: 'target', headers: [] } });
    expect(ask('/verify/a//b')).toMatchObject({ why: 'path', fault: null });
  });

  it.each(FAMILIES)('never take the method from the request itself: %s', (method, uri) => {
    expect(
      ask('/verify', [
        [method, 'DELETE'],
        [uri, '/invoices'],
      ]),
    ).toEqual({
      kind: 'permissions',
      permissions: ['invoices.write'],
    });
    expect(
      ask(
        '/verify',
        [
          [method, 'GET'],
          [uri, '/invoices'],
        ],
        'DELETE',
      ),
    ).toEqual({
      kind: 'permissions',
      permissions: ['invoices.read'],
    });
  });

  it('count for nothing when the path itself is the question', () => {
    const sent: Header[] = [
      ['X-Forwarded-Method', 'GET'],
      ['X-Forwarded-Uri', '/mine'],
    ];
    expect(ask('/verify/invoices', sent, 'POST')).toEqual({ kind: 'permissions', permissions: ['invoices.write'] });
  });
});

describe('another method beside the method', () => {
  it.each(['X-HTTP-Method-Override', 'x-http-method', 'X-Method-Override'])('needs both permissions: %s', (name) => {
    expect(ask('/verify/invoices', [[name, 'DELETE']])).toEqual({
      kind: 'permissions',
      permissions: ['invoices.read', 'invoices.write'],
    });
    expect(ask('/verify/invoices', [[name, 'delete']], 'POST')).toEqual({ kind: 'permissions', permissions: ['invoices.write'] });
    for (const value of ['', 'SPY', 'GET, DELETE', 'OPTIONS', 'DELETE\t']) {
      expect(ask('/verify/invoices', [[name, value]]), value).toEqual(REFUSED);
    }
    expect(
      ask('/verify/invoices', [
        [name, 'GET'],
        [name, 'GET'],
      ]),
    ).toEqual(REFUSED);
  });

  it.each(['X_HTTP_Method_Override', 'X-HTTP_Method', 'x-method_override', 'X.HTTP.Method.Override', 'X~HTTP!Method'])(
    'counts also in a spelling that CGI, WSGI, Rack and PHP read as the same name: %s',
    (name) => {
      expect(ask('/verify/invoices', [[name, 'DELETE']])).toEqual({
        kind: 'permissions',
        permissions: ['invoices.read', 'invoices.write'],
      });
      const preflight: Header[] = [
        ['Origin', 'https://a.example'],
        ['Access-Control-Request-Method', 'GET'],
      ];
      expect(ask('/verify/invoices', [...preflight, [name, 'DELETE']], 'OPTIONS')).toEqual(REFUSED);
      // Two spellings of one name: it is not clear which of them is read.
      expect(
        ask('/verify/invoices', [
          [name, 'GET'],
          [name.replace(/[^a-z]/gi, '-'), 'GET'],
        ]),
      ).toEqual(REFUSED);
    },
  );

  it('makes no preflight of anything', () => {
    const preflight: Header[] = [
      ['Origin', 'https://a.example'],
      ['Access-Control-Request-Method', 'GET'],
    ];
    expect(ask('/verify/invoices', preflight, 'OPTIONS')).toEqual({ kind: 'preflight' });
    expect(ask('/verify/invoices', preflight, 'DELETE')).toEqual({ kind: 'permissions', permissions: ['invoices.write'] });
    expect(ask('/verify/invoices', preflight.slice(1), 'OPTIONS')).toEqual(REFUSED);
    expect(ask('/verify/invoices', preflight.slice(0, 1), 'OPTIONS')).toEqual(REFUSED);
    expect(ask('/verify/invoices', [...preflight, ['X-Method-Override', 'DELETE']], 'OPTIONS')).toEqual(REFUSED);
    // Of the two methods the original one counts.
    const family: Header[] = [
      ['X-Forwarded-Method', 'DELETE'],
      ['X-Forwarded-Uri', '/invoices'],
    ];
    expect(ask('/verify', [...preflight, ...family], 'OPTIONS')).toEqual({
      kind: 'permissions',
      permissions: ['invoices.write'],
    });
    expect(ask('/verify', preflight, 'OPTIONS')).toEqual(REFUSED);
  });
});

describe('?permission=', () => {
  it.each([
    '?permission=a.read&permission=b.read',
    '?permission=a.read&permission=a.read',
    '?permission=',
    '?permission=*',
    '?permission=*.read',
    '?permission=a',
    '?permission=a.read%20b.read',
    '?permission=a.read%00',
    '?permission=A.READ',
    '?permission=a.read,b.read',
    '?permission[]=a.read',
    '?Permission=a.read',
    '?',
    '',
  ])('is refused unless it is one permission, once: %s', (query) => {
    expect(ask(`/verify${query}`)).toEqual(REFUSED);
  });

  it('counts on exactly /verify, and adds to what the path needs', () => {
    expect(ask('/verify?permission=a.read')).toEqual({ kind: 'permissions', permissions: ['a.read'] });
    expect(ask('/verify/invoices?permission=a.read')).toEqual({ kind: 'permissions', permissions: ['invoices.read'] });
    expect(ask('/verify/?permission=a.read')).toEqual(REFUSED);
    const family: Header[] = [
      ['X-Original-Method', 'GET'],
      ['X-Original-URI', '/invoices?permission=z.write'],
    ];
    expect(ask('/verify?permission=a.write', family)).toEqual({
      kind: 'permissions',
      permissions: ['a.write', 'invoices.read'],
    });
  });
});
