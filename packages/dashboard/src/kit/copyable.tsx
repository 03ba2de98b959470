/** Text to be copied: a field that can be read and selected, with a button next to it. */

import { Alert, Button, Stack, Textarea, VisuallyHidden } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import classes from './copyable.module.css';
import shared from './shared.module.css';
import { words } from './words.ts';

/** Readable and selectable; copied with one click, which is announced to screen readers. */
export function Copyable({ label, text }: { label: string; text: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (state !== 'copied') return undefined;
    const timer = setTimeout(() => setState('idle'), 3000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      field.current?.select();
      setState('failed');
    }
  };
  return (
    <Stack gap="xs">
      <div className={classes.copyable}>
        <Textarea
          ref={field}
          aria-label={label}
          readOnly
          autosize
          minRows={1}
          value={text}
          spellCheck={false}
          classNames={{ input: shared.mono ?? '', root: classes.grow ?? '' }}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button onClick={copy} leftSection={state === 'copied' ? <Check size={16} /> : <Copy size={16} />} miw={110}>
          {state === 'copied' ? words.copied : words.copy}
        </Button>
      </div>
      <VisuallyHidden aria-live="polite">{state === 'copied' ? words.copied : ''}</VisuallyHidden>
      {state === 'failed' && <Alert color="yellow">{words.copyFailed}</Alert>}
    </Stack>
  );
}
