/** A secret as people paste it: plain, `.env`, a shell, PowerShell, and a request that can be tried at once. */

export interface SecretForm {
  readonly id: 'plain' | 'env' | 'export' | 'powershell' | 'curl';
  readonly text: string;
}

interface Input {
  readonly kind: 'token' | 'key';
  readonly secret: string;
  /** The operator's name; names the variable. */
  readonly brand: string;
  /** The public origin. */
  readonly origin: string;
  /** For keys: what the JWT of the example asks for. */
  readonly permissions: readonly string[] | null;
}

/**
 * A token has a bar in it, which a shell would take for a pipe: quoted wherever a shell may read it. Double quotes in curl: they
 * mean the same in sh, PowerShell and cmd.
 */
export function secretForms(input: Input): readonly SecretForm[] {
  const { secret } = input;
  const name = variableName(input.brand, input.kind);
  return [
    { id: 'plain', text: secret },
    { id: 'env', text: `${name}="${secret}"` },
    { id: 'export', text: `export ${name}='${secret}'` },
    { id: 'powershell', text: `$env:${name} = '${secret}'` },
    { id: 'curl', text: curl(input) },
  ];
}

/** `ACME_TOKEN` of "Acme"; a name without a letter to begin with gives `API_TOKEN`. */
export function variableName(brand: string, kind: 'token' | 'key'): string {
  const words = brand
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word !== '')
    .join('_');
  const prefix = /^[A-Z]/.test(words) ? words : 'API';
  if (kind === 'token') return `${prefix}_TOKEN`;
  return prefix === 'API' ? 'API_KEY' : `${prefix}_API_KEY`;
}

function curl({ kind, secret, origin, permissions }: Input): string {
  const bearer = `-H "Authorization: Bearer ${secret}"`;
  if (kind === 'token') return `curl ${bearer} ${origin}/api/v1/cli/loggedUser`;
  const asked = permissions?.find((name) => !name.startsWith('*') && !name.startsWith('keyhouse.')) ?? 'invoices.read';
  return `curl ${bearer} -H "Content-Type: application/json" -d "{\\"permissions\\":[\\"${asked}\\"]}" ${origin}/auth`;
}
