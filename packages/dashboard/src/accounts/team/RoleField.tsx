/** A role, each with what it may do. */
import { Radio, Stack } from '@mantine/core';
import { words as kitWords } from '../../kit/words.ts';
import type { Role } from './role.ts';
import { words } from './words.ts';

interface Props {
  readonly value: Role;
  readonly choices: readonly Role[];
  readonly onChange: (role: Role) => void;
}

export const RoleField = ({ value, choices, onChange }: Props) => (
  <Radio.Group
    label={words.role}
    name="role"
    value={value}
    onChange={(next) => onChange(choices.find((role) => role === next) ?? value)}
  >
    <Stack gap="sm" mt="xs">
      {choices.map((role) => (
        <Radio key={role} value={role} label={kitWords.roles[role]} description={words.may[role]} />
      ))}
    </Stack>
  </Radio.Group>
);
