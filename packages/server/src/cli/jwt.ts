import type { Command } from 'commander';
import type { MintedJwt } from '../core/jwts/jwt.ts';
import { addCommand, addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { refusal, wrongUsage } from './failure.ts';
import { isoTime, type OutputOptions, print, readableTime, table } from './output.ts';
import { idNumber, pageLimit } from './values.ts';
import { withKeyhouse } from './with-keyhouse.ts';

interface ListOptions extends OutputOptions {
  readonly key: number;
  readonly subject?: string;
  readonly all?: boolean;
  readonly limit: number;
}

export function addJwtCommands(program: Command): void {
  const group = addGroup(program, 'jwt', 'The recorded JWTs that were minted from API keys');
  addCommand(group, 'list', 'List the JWTs of a key, newest first')
    .requiredOption('--key <id>', 'the ID of the key', idNumber('--key'))
    .option('--subject <subject>', 'only those with this subject (the end user)')
    .option('--all', 'also expired and revoked ones')
    .option('--limit <number>', 'how many to list, at most 500', pageLimit, 100)
    .action(listJwts);
  addFinalCommand(group, 'revoke', 'Revoke a JWT').argument('<jti>', 'its ID, the claim "jti"').action(revoke);
}

async function listJwts(options: ListOptions): Promise<void> {
  await withKeyhouse(options, async ({ keyhouse, store }) => {
    const { key: keyId, subject, all: withEnded = false, limit } = options;
    if ((await store.credentials.getCredential('key', keyId)) === null)
      throw refusal('not_found', `Key ${keyId} does not exist.`);
    const jwts = await keyhouse.jwts.list({ keyId, withEnded, limit, ...(subject === undefined ? {} : { subject }) });
    const nowMs = Date.now();
    print(options, { jwts: jwts.map(describe) }, () =>
      table(
        ['jti', 'subject', 'permissions', 'issued', 'state'],
        jwts.map((jwt) => [
          jwt.jti,
          jwt.subject ?? '-',
          jwt.permissions.join(', '),
          readableTime(jwt.issuedAtMs),
          stateOf(jwt, nowMs),
        ]),
        `No JWTs found for key ${keyId}. Programs mint them with POST /auth.`,
      ),
    );
  });
}

async function revoke(jti: string, options: OutputOptions & ConfirmOptions): Promise<void> {
  if (jti.includes('.')) throw wrongUsage('This is not the ID of a JWT. Give the claim "jti" of the JWT, not the JWT itself.');
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, by }) => {
    await confirm('Revoke this JWT? This cannot be undone.');
    const revoked = await keyhouse.jwts.revoke({ jti, by });
    if (!revoked.ok) throw refusal('not_found', 'There is no active JWT with this ID.');
    print(options, describe(revoked.value), () => 'The JWT is revoked.');
  });
}

function stateOf({ revokedAtMs, expiresAtMs }: MintedJwt, nowMs: number): string {
  if (revokedAtMs !== null) return `revoked ${readableTime(revokedAtMs)}`;
  return `${expiresAtMs <= nowMs ? 'ended' : 'until'} ${readableTime(expiresAtMs)}`;
}

const describe = (jwt: MintedJwt) => ({
  jti: jwt.jti,
  key: jwt.keyId,
  account: jwt.accountId,
  subject: jwt.subject,
  permissions: jwt.permissions,
  signing_key: jwt.signingKeyId,
  issued_at: isoTime(jwt.issuedAtMs),
  expires_at: isoTime(jwt.expiresAtMs),
  revoked_at: isoTime(jwt.revokedAtMs),
});
