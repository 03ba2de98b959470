/** A search field that starts the search when nothing was typed for a moment. */
import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Search as Glass } from 'lucide-react';
import { useState } from 'react';
import classes from './operator.module.css';

export function useSearch(): { readonly text: string; readonly query: string; readonly setText: (text: string) => void } {
  const [text, setText] = useState('');
  const [query] = useDebouncedValue(text.trim(), 250);
  return { text, query, setText };
}

export const SearchField = ({ label, text, onChange }: { label: string; text: string; onChange: (text: string) => void }) => (
  <TextInput
    type="search"
    className={classes.search ?? ''}
    label={label}
    leftSection={<Glass size={16} aria-hidden="true" />}
    autoComplete="off"
    spellCheck={false}
    maxLength={254}
    value={text}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
);
