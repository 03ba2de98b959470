/**
 * The headers in which a gateway says what the original request was. Each gateway has a family of them; this file finds out which
 * family was sent, completely and without contradiction. Faults name headers, never their values.
 */
import { overrideNamed } from '@keyhouse/protocol';

/** Why the headers cannot be judged; `headers` are the names to check. */
export type QuestionFault =
  /** The second one was sent, and the first one was not. */
  | { readonly fault: 'missing'; readonly headers: readonly [missing: string, beside: string] }
  | { readonly fault: 'repeated'; readonly headers: readonly [string] }
  /** Two that name different requests. */
  | { readonly fault: 'disagree'; readonly headers: readonly [string, string] }
  /** This one contains the path, or the method, that cannot be judged. */
  | { readonly fault: 'value'; readonly headers: readonly [string] }
  /** The question itself was not asked at exactly `/verify` or below it. */
  | { readonly fault: 'target'; readonly headers: readonly [] }
  /** `?permission=` is repeated, or is not a permission. */
  | { readonly fault: 'parameter'; readonly headers: readonly [] };

export interface QuestionHeaders {
  /** By name in lower case; only those of `NAMES`. */
  readonly values: ReadonlyMap<string, string>;
  /** What a framework behind the gateway might take for the method. */
  readonly overrides: readonly { readonly name: string; readonly method: string }[];
  readonly hasOrigin: boolean;
  readonly hasRequestMethod: boolean;
}

export interface Original {
  readonly method: string;
  readonly methodHeader: string;
  readonly target: string;
  readonly targetHeader: string;
}

type Read<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly fault: QuestionFault };

/** How each gateway writes the names of its headers. A family has one method, and one or more headers that contain the path. */
const FAMILIES = [
  { method: 'X-Forwarded-Method', targets: [{ name: 'X-Forwarded-Uri', mayBeAbsolute: false }] },
  {
    method: 'X-Original-Method',
    targets: [
      { name: 'X-Original-URI', mayBeAbsolute: false },
      // ingress-nginx and many nginx snippets: $scheme://$http_host$request_uri.
      { name: 'X-Original-URL', mayBeAbsolute: true },
    ],
  },
] as const;

/** Only these exact names count, because only Keyhouse reads them. */
const NAMES: ReadonlyMap<string, string> = new Map(
  [
    ...FAMILIES.flatMap(({ method, targets }) => [method, ...targets.map(({ name }) => name)]),
    ...['Origin', 'Access-Control-Request-Method'],
  ].map((name) => [name.toLowerCase(), name]),
);

/** Fails if a header that matters is repeated. */
export function readQuestionHeaders(rawHeaders: readonly string[]): Read<QuestionHeaders> {
  const values = new Map<string, string>();
  const overrides = new Map<string, { name: string; method: string }>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index] ?? '';
    const lower = raw.toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const override = overrideNamed(lower);
    const name = override ?? NAMES.get(lower);
    if (name === undefined) continue;
    if (override === null ? values.has(lower) : overrides.has(override))
      return { ok: false, fault: { fault: 'repeated', headers: [name] } };
    if (override === null) values.set(lower, value);
    else overrides.set(override, { name: override, method: value.toUpperCase() });
  }
  return {
    ok: true,
    value: {
      values,
      overrides: [...overrides.values()],
      hasOrigin: values.has('origin'),
      hasRequestMethod: values.has('access-control-request-method'),
    },
  };
}

/**
 * The original request by the families of headers; null if none was sent. Half a family fails, and so do two that name different
 * requests.
 */
export function readOriginal({ values }: QuestionHeaders): Read<Original | null> {
  let original: Original | null = null;
  for (const { method: methodHeader, targets } of FAMILIES) {
    const method = values.get(methodHeader.toLowerCase());
    let isWhole = false;
    for (const { name: targetHeader, mayBeAbsolute } of targets) {
      const text = values.get(targetHeader.toLowerCase());
      if (text === undefined) continue;
      if (method === undefined) return { ok: false, fault: { fault: 'missing', headers: [methodHeader, targetHeader] } };
      isWhole = true;
      const target = mayBeAbsolute ? withoutOrigin(text) : text;
      const before: Original | null = original;
      original ??= { method, methodHeader, target, targetHeader };
      if (before !== null && before.method !== method)
        return { ok: false, fault: { fault: 'disagree', headers: [before.methodHeader, methodHeader] } };
      if (before !== null && before.target !== target)
        return { ok: false, fault: { fault: 'disagree', headers: [before.targetHeader, targetHeader] } };
    }
    if (method !== undefined && !isWhole)
      return { ok: false, fault: { fault: 'missing', headers: [targets[0].name, methodHeader] } };
  }
  return { ok: true, value: original };
}

/**
 * `https://api.example.com:8443/a?b` → `/a?b`. The host comes from the client, who could put a slash into it: unless it is a
 * plain name or address, the text is left unchanged, and then it is not a path. The host may be empty, as with HTTP/1.0 and
 * nginx's HTTP/3.
 */
const withoutOrigin = (text: string): string => text.replace(ORIGIN, '');
const ORIGIN = /^https?:\/\/(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?(?=\/)/;
