import { Button, type ButtonProps } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { words } from './words.ts';

/** Shows for two seconds that it worked; if the clipboard is not allowed, the text next to it can be copied by hand. */
export function CopyButton({ text, label = words.copy, ...props }: { text: string; label?: string } & ButtonProps) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  const Icon = isCopied ? Check : Copy;
  return (
    <Button variant="default" leftSection={<Icon size={16} aria-hidden="true" />} onClick={copy} {...props}>
      <span aria-live="polite">{isCopied ? words.copied : label}</span>
    </Button>
  );
}
