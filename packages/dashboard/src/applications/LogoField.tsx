import { Button, FileButton, Group, Input, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Logo } from '../kit/application-tags.tsx';
import { readDataUrl } from '../lib/read-file.ts';
import type { LogoDraft } from './draft.ts';
import { words } from './words.ts';

const MAX_BYTES = 100_000;

interface Props {
  /** The one that is shown now. */
  readonly url: string | null;
  readonly logo: LogoDraft;
  readonly onChange: (logo: LogoDraft) => void;
  readonly error: string | undefined;
}

export function LogoField({ url, logo, onChange, error }: Props) {
  const [fault, setFault] = useState<string | undefined>(undefined);
  const shown = logo.change === 'chosen' ? logo.url : logo.change === 'removed' ? null : url;
  const choose = async (file: File | null) => {
    if (file === null) return;
    if (file.size > MAX_BYTES) return setFault(words.tooBig);
    setFault(undefined);
    const data = await readDataUrl(file);
    onChange({ change: 'chosen', url: data, base64: data.slice(data.indexOf(',') + 1) });
  };
  return (
    <Stack gap={6} align="flex-start">
      <Text size="sm" fw={500}>
        {words.logo}
      </Text>
      <Text size="xs" c="dimmed">
        {words.logoHint}
      </Text>
      <Group gap="xs">
        <Logo url={shown} alt={words.logoAlt} />
        <FileButton accept="image/png,image/jpeg,image/webp" onChange={(file) => void choose(file)}>
          {(props) => (
            <Button variant="default" size="xs" {...props}>
              {words.chooseLogo}
            </Button>
          )}
        </FileButton>
        {shown !== null && (
          <Button variant="default" size="xs" onClick={() => onChange(url === null ? { change: 'none' } : { change: 'removed' })}>
            {words.removeLogo}
          </Button>
        )}
      </Group>
      {(fault ?? error) !== undefined && <Input.Error role="alert">{fault ?? error}</Input.Error>}
    </Stack>
  );
}
