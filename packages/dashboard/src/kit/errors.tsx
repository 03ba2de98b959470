/** What a page says if the server did not do what was asked. */
import { Alert, Button, Group, Text } from '@mantine/core';
import { AskError } from '../lib/ask.ts';
import { words } from './words.ts';

/** A sentence for people; never a status or a code. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof AskError)) return words.broken(null);
  const { refusal } = error;
  switch (refusal.kind) {
    case 'invalid':
      return Object.keys(refusal.errors).length === 1 ? (Object.values(refusal.errors)[0]?.[0] ?? words.invalid) : words.invalid;
    case 'signed_out':
      return words.signedOut;
    case 'not_allowed':
      return words.notAllowed;
    case 'account_inactive':
      return refusal.sentence;
    case 'proof_required':
      return words.proofRequired;
    case 'email_unverified':
      return words.emailUnverified;
    case 'not_found':
      return words.notFound;
    case 'wait':
      return words.wait(refusal.seconds);
    case 'unavailable':
      return words.unavailable;
    case 'offline':
      return words.offline;
    case 'broken':
      return words.broken(refusal.requestId);
  }
}

/** The first sentence for each field of a 422; empty for any other error. Fits `form.setErrors`. */
export function fieldErrorsOf(error: unknown): Record<string, string> {
  if (!(error instanceof AskError) || error.refusal.kind !== 'invalid') return {};
  return Object.fromEntries(Object.entries(error.refusal.errors).map(([field, sentences]) => [field, sentences.join(' ')]));
}

export function fieldErrorOf(error: unknown, field: string): string | undefined {
  return fieldErrorsOf(error)[field];
}

/** Above a form. `fields`: those that show their own errors; if nothing else is wrong, nothing is shown here. */
export function FormError({ error, fields = [] }: { error: unknown; fields?: readonly string[] }) {
  if (error === null || error === undefined) return null;
  const named = Object.keys(fieldErrorsOf(error));
  if (named.length > 0 && named.every((name) => fields.includes(name))) return null;
  return (
    <Alert color="red" role="alert">
      {sentenceOf(error)}
    </Alert>
  );
}

const isWorthAnother = (error: unknown): boolean =>
  !(error instanceof AskError && (error.refusal.kind === 'not_found' || error.refusal.kind === 'not_allowed'));

/** Instead of what could not be loaded. */
export function ErrorState({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <Alert color="red" role="alert">
      <Group justify="space-between" gap="md">
        <Text size="sm">{sentenceOf(error)}</Text>
        {isWorthAnother(error) && (
          <Button size="xs" variant="default" onClick={retry}>
            {words.retry}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
