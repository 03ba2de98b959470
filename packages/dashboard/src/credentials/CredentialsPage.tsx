/** The tokens of the user or the keys of an account: create one, see what the others do. */
import { Alert, Button, Stack } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { useCredentials } from '../kit/credential-list.ts';
import { canManage, type Scope } from '../kit/credential-scope.ts';
import { ErrorState } from '../kit/errors.tsx';
import { EmptyState, Loading, PageHeader } from '../kit/states.tsx';
import { More } from '../kit/table.tsx';
import { CreateForm } from './CreateForm.tsx';
import { CredentialList } from './CredentialList.tsx';
import { NewSecret } from './NewSecret.tsx';
import type { Made } from './queries.ts';
import { kindWords, words } from './words.ts';

type Step = { readonly at: 'list' } | { readonly at: 'form' } | { readonly at: 'secret'; readonly made: Made };

export function CredentialsPage({ scope }: { scope: Scope }) {
  const [step, setStep] = useState<Step>({ at: 'list' });
  const create = useRef<HTMLButtonElement>(null);
  const { query, rows } = useCredentials(scope);
  const said = kindWords[scope.kind];
  const credentials = rows ?? [];
  // The button comes back in this render; it can take the focus after that has been drawn.
  const back = () => {
    setStep({ at: 'list' });
    requestAnimationFrame(() => create.current?.focus());
  };
  const button =
    step.at === 'list' && canManage(scope) ? (
      <Button ref={create} leftSection={<Plus size={16} aria-hidden="true" />} onClick={() => setStep({ at: 'form' })}>
        {said.create}
      </Button>
    ) : null;
  return (
    <Stack gap="lg">
      <PageHeader title={said.title} intro={said.intro}>
        {credentials.length > 0 && button}
      </PageHeader>
      {!canManage(scope) && (
        <Alert variant="default" bg="transparent">
          {words.viewerReason}
        </Alert>
      )}
      {step.at === 'form' && <CreateForm scope={scope} onMade={(made) => setStep({ at: 'secret', made })} onCancel={back} />}
      {step.at === 'secret' && <NewSecret scope={scope} made={step.made} onDone={back} />}
      {rows !== undefined &&
        (credentials.length > 0 ? (
          <>
            <CredentialList scope={scope} credentials={credentials} />
            <More pages={query} />
          </>
        ) : (
          step.at === 'list' && (
            <EmptyState title={said.emptyTitle} action={button}>
              {said.emptyText}
            </EmptyState>
          )
        ))}
      {rows === undefined &&
        (query.isError ? <ErrorState error={query.error} retry={() => void query.refetch()} /> : <Loading />)}
    </Stack>
  );
}
