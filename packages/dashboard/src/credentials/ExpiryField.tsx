/** When it expires: presets, or a chosen day. */
import { Group, NativeSelect, TextInput } from '@mantine/core';
import type { ExpiryDraft } from './draft.ts';
import { dayOf, EXPIRY_CHOICES, isExpiryChoice } from './expiry.ts';
import { words } from './words.ts';

interface Props {
  readonly draft: ExpiryDraft;
  readonly onChange: (draft: ExpiryDraft) => void;
  readonly error: string | undefined;
}

export function ExpiryField({ draft, onChange, error }: Props) {
  const shown = error === undefined ? {} : { error };
  return (
    <Group align="flex-start" gap="sm">
      <NativeSelect
        aria-label={words.expiry}
        data={EXPIRY_CHOICES.map((value) => ({ value, label: words.expiryChoices[value] }))}
        value={draft.choice}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (isExpiryChoice(value)) onChange({ ...draft, choice: value });
        }}
        {...(draft.choice === 'date' ? {} : shown)}
      />
      {draft.choice === 'date' && (
        <TextInput
          type="date"
          aria-label={words.expiryDate}
          min={dayOf(new Date())}
          value={draft.date}
          onChange={(event) => onChange({ ...draft, date: event.currentTarget.value })}
          {...shown}
        />
      )}
    </Group>
  );
}
