/** From which addresses it may be used: text, one per line, and the user's own with a click. */
import { Button, Stack, Textarea } from '@mantine/core';
import { addAddress, readAddresses } from './addresses.ts';
import { useMyAddress } from './queries.ts';
import { words } from './words.ts';

interface Props {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly error: string | undefined;
}

export function AddressField({ text, onChange, error }: Props) {
  const mine = useMyAddress();
  return (
    <Stack gap="xs" align="flex-start">
      <Textarea
        w="100%"
        label={words.addressesSome}
        description={words.addressesHint}
        autosize
        minRows={2}
        maxRows={10}
        spellCheck={false}
        autoCapitalize="off"
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        {...(error === undefined ? {} : { error })}
      />
      {mine !== null && !readAddresses(text).includes(mine) && (
        <Button variant="subtle" size="compact-sm" ml={-8} onClick={() => onChange(addAddress(text, mine))}>
          {words.addMyAddress(mine)}
        </Button>
      )}
    </Stack>
  );
}
