/** Account settings → Security. */
import { Alert } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useMe } from '../../kit/session.ts';
import { Loaded, PageHeader } from '../../kit/states.tsx';
import { providerFailure } from '../../lib/words.ts';
import { Identities } from './Identities.tsx';
import { Passkeys } from './Passkeys.tsx';
import { Password } from './Password.tsx';
import { useSecurity } from './queries.ts';
import { SignIns } from './SignIns.tsx';
import { TwoStep } from './TwoStep.tsx';
import { words } from './words.ts';

/** `sessions`: what is shown of the sessions that applications have. */
export function SecurityPage({ sessions }: { sessions: ReactNode }) {
  const security = useSecurity();
  const me = useMe();
  const failure = useProviderFailure();
  return (
    <>
      <PageHeader title={words.title} intro={words.intro} />
      {failure !== null && (
        <Alert color="red" role="alert" mt="md">
          {failure}
        </Alert>
      )}
      <Loaded query={me}>
        {({ user }) => (
          <Loaded query={security}>
            {(data) => (
              <>
                <Password user={user} security={data} />
                <Passkeys
                  passkeys={data.passkeys}
                  endsTwoStep={data.two_step_since !== null && data.totp_since === null && data.passkeys.length === 1}
                />
                <TwoStep security={data} email={user.email} />
                <Identities identities={data.identities} />
                <SignIns
                  sign_ins={data.sign_ins}
                  more_sign_ins={data.more_sign_ins}
                  sessions_elsewhere={data.sessions_elsewhere}
                />
                {sessions}
              </>
            )}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}

/** The outcome of another provider's answer is after the `#`, until it was read. */
function useProviderFailure(): string | null {
  const [failure] = useState(() => providerFailure(window.location.hash.slice(1)));
  useEffect(() => {
    if (failure !== null) window.history.replaceState(window.history.state, '', window.location.pathname);
  }, [failure]);
  return failure;
}
