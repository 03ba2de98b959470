/** The user's current password, asked for in a dialog over the page. It takes the focus. */
import { PasswordInput } from '@mantine/core';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | undefined;
}

export const CurrentPassword = ({ label, value, onChange, error }: Props) => (
  <PasswordInput
    label={label}
    name="password"
    autoComplete="current-password"
    data-autofocus
    required
    withAsterisk={false}
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
    error={error}
  />
);
