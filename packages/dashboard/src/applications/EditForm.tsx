/** An application's settings. */
import { Alert, Button, Group, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { FormError, fieldErrorsOf } from '../kit/errors.tsx';
import { LeaveGuard } from '../kit/leave-guard.tsx';
import { changesVouched, type Draft, type DraftErrors, draftOf, wishOf } from './draft.ts';
import { Fields, SHOWN } from './Fields.tsx';
import { type Application, type Catalogue, type Change, useVerbs } from './queries.ts';
import { words } from './words.ts';

interface Props {
  readonly account: string;
  readonly application: Application;
  readonly catalogue: Catalogue;
}

const hasBadge = ({ verified_at: verifiedAt, first_party: isFirstParty }: Application): boolean =>
  verifiedAt !== null || isFirstParty;

export function EditForm({ account, application, catalogue }: Props) {
  // What was loaded or saved last; loading it again in the meantime does not remove what was typed.
  const [saved, setSaved] = useState(application);
  const [draft, setDraft] = useState<Draft>(() => draftOf(application));
  const [errors, setErrors] = useState<DraftErrors>({});
  const verbs = useVerbs(account);
  const show = (now: Application) => {
    setSaved(now);
    setDraft(draftOf(now));
    setErrors({});
  };
  const save = useMutation({
    mutationFn: (change: Change) => verbs.update(application.id, change),
    onSuccess: (now) => {
      show(now);
      notifications.show({ message: hasBadge(saved) && !hasBadge(now) ? words.savedAndLost(saved) : words.saved });
    },
    onError: (error) => setErrors(fieldErrorsOf(error)),
  });
  const isChanged = JSON.stringify(draft) !== JSON.stringify(draftOf(saved));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const judged = wishOf(draft, catalogue);
    setErrors('errors' in judged ? judged.errors : {});
    if ('errors' in judged) return;
    const { type: _, ...change } = judged.wish;
    save.mutate(change);
  };
  return (
    <form onSubmit={submit} noValidate>
      <LeaveGuard active={isChanged} title={words.leaveForm} text={words.leaveFormText} />
      <Stack gap="md" maw="46rem">
        <Fields
          draft={draft}
          onChange={(part) => setDraft((before) => ({ ...before, ...part }))}
          errors={errors}
          catalogue={catalogue}
          logoUrl={saved.logo_url}
          isExisting
        />
        {hasBadge(saved) && changesVouched(saved, draft, catalogue) && (
          <Alert color="yellow" role="status">
            {words.losesBadges(saved)}
          </Alert>
        )}
        <FormError error={save.error} fields={SHOWN} />
        <Group justify="flex-end">
          {isChanged && (
            <Button variant="default" onClick={() => show(saved)} disabled={save.isPending}>
              {words.discard}
            </Button>
          )}
          <Button type="submit" loading={save.isPending} disabled={!isChanged}>
            {words.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
