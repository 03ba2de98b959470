/** A secret that was just created; the page also watches for its first request, so that "does it work?" answers itself. */
import { Loader, Text } from '@mantine/core';
import { CircleCheck } from 'lucide-react';
import { useBrand } from '../kit/brand.ts';
import type { Scope } from '../kit/credential-scope.ts';
import { LastUse } from '../kit/last-use.tsx';
import classes from './credentials.module.css';
import { type Made, useCredential } from './queries.ts';
import { SecretShown } from './SecretShown.tsx';
import { kindWords, words } from './words.ts';

/** Uses are written every few seconds; asking more often would show nothing sooner. */
const ASK_EVERY_MS = 3000;

export function NewSecret({ scope, made, onDone }: { scope: Scope; made: Made; onDone: () => void }) {
  const brand = useBrand();
  const { data } = useCredential(scope, String(made.credential.id), (detail) =>
    (detail?.credential.last_used_at ?? null) === null ? ASK_EVERY_MS : false,
  );
  const used = data?.credential;
  return (
    <SecretShown
      kind={scope.kind}
      title={kindWords[scope.kind].madeTitle}
      secret={made.secret}
      brand={brand.name}
      permissions={made.credential.permissions}
      onDone={onDone}
    >
      <div className={classes.watch} aria-live="polite">
        {used === undefined || used.last_used_at === null ? (
          <>
            <Loader size={14} aria-hidden="true" />
            <Text size="sm" c="dimmed">
              {words.awaiting}
            </Text>
          </>
        ) : (
          <>
            <CircleCheck size={16} aria-hidden="true" />
            <Text size="sm">
              {words.arrived}{' '}
              <LastUse inline at={used.last_used_at} address={used.last_address} userAgent={used.last_user_agent} />
            </Text>
          </>
        )}
      </div>
    </SecretShown>
  );
}
