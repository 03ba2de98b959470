/**
 * Two-step verification: a setting, turned on by an authenticator app or by a passkey. The first of them ends on the recovery
 * codes.
 */
import { Button, Group, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { FormError } from '../../kit/errors.tsx';
import { useFormat } from '../../kit/format.ts';
import { Section } from '../../kit/section.tsx';
import { ask } from '../../lib/ask.ts';
import { type Security, useChanged } from './queries.ts';
import { CodesShown, RecoveryCodes } from './RecoveryCodes.tsx';
import { SetUpTotp } from './Totp.tsx';
import { words } from './words.ts';

const said = words.twoStep;
type OpenDialog = 'passkey' | 'off' | 'totp-off' | null;

export function TwoStep({ security, email }: { security: Security; email: string }) {
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [asked, setAsked] = useState<OpenDialog>(null);
  const changed = useChanged();
  const format = useFormat();
  const begin = useMutation({ mutationFn: () => ask('POST /me/totp') });
  const { two_step_since: since, totp_since: totpSince, passkeys } = security;
  const show = (made: readonly string[]) => {
    begin.reset();
    // None: it was on already, and the existing codes stay valid.
    if (made.length > 0) setCodes(made);
    void changed();
  };
  const withPasskey = async () => show((await ask('POST /me/two-step')).recovery_codes);
  const remove = async (what: 'off' | 'totp-off') => {
    await (what === 'off' ? ask('DELETE /me/two-step') : ask('DELETE /me/totp'));
    await changed();
  };
  if (codes !== null || begin.isSuccess) {
    return (
      <Section title={said.title} intro={said.intro}>
        {codes !== null ? (
          <CodesShown codes={codes} email={email} onDone={() => setCodes(null)} />
        ) : (
          begin.isSuccess && <SetUpTotp made={begin.data} onDone={show} onCancel={() => begin.reset()} />
        )}
      </Section>
    );
  }
  return (
    <>
      <Section title={said.title} intro={said.intro}>
        <Text size="sm">{since === null ? said.off(passkeys.length) : said.on(format.date(since), methodsOf(security))}</Text>
        <FormError error={begin.error} />
        <Group gap="sm">
          {totpSince === null && (
            <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate()}>
              {since === null ? said.useApp : said.addApp}
            </Button>
          )}
          {since === null && passkeys.length > 0 && (
            <Button variant="default" onClick={() => setAsked('passkey')}>
              {said.usePasskey}
            </Button>
          )}
          {totpSince !== null && passkeys.length > 0 && (
            <Button variant="default" onClick={() => setAsked('totp-off')}>
              {said.removeApp}
            </Button>
          )}
          {since !== null && (
            <Button variant="default" onClick={() => setAsked('off')}>
              {said.turnOff}
            </Button>
          )}
        </Group>
        <ConfirmDialog
          opened={asked === 'passkey'}
          title={said.passkeyTitle}
          action={said.turnOn}
          danger={false}
          onConfirm={withPasskey}
          onClose={() => setAsked(null)}
        >
          <Text size="sm">{said.passkeyWhy}</Text>
        </ConfirmDialog>
        {(asked === 'off' || asked === 'totp-off') && (
          <ConfirmDialog
            opened
            title={asked === 'off' ? said.offTitle : said.removeAppTitle}
            action={asked === 'off' ? said.turnOff : said.removeApp}
            onConfirm={() => remove(asked)}
            onClose={() => setAsked(null)}
          >
            <Text size="sm">{asked === 'off' ? said.offWhy : said.removeAppWhy}</Text>
          </ConfirmDialog>
        )}
      </Section>
      {since !== null && <RecoveryCodes left={security.recovery_codes_left} email={email} />}
    </>
  );
}

const methodsOf = ({ totp_since: totpSince, passkeys }: Security): string =>
  [...(totpSince === null ? [] : [said.app]), ...(passkeys.length === 0 ? [] : [said.passkey]), said.code].join(said.or);
