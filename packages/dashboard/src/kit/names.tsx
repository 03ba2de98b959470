/** A list of names in a box that scrolls; only the visible ones are rendered. */
import { Box } from '@mantine/core';
import { Breakable } from './breakable.tsx';
import classes from './names.module.css';
import { useWindowed } from './windowed.ts';

const LINE_HEIGHT = 24;

/** `label`: for screen readers; the same sentence is above the list. `names`: the same array while the list is shown. */
export function Names({ label, names }: { readonly label: string; readonly names: readonly string[] }) {
  const { parts, listProps } = useWindowed<HTMLUListElement>(names, LINE_HEIGHT);
  return (
    // The keyboard scrolls the element that has the focus.
    <Box component="section" className={classes.box ?? ''} aria-label={label} tabIndex={0}>
      <ul className={classes.names} {...listProps}>
        {parts.map((part) => {
          if ('gap' in part)
            return <li key={`gap ${part.gap}`} aria-hidden="true" className={classes.gap} style={{ height: part.height }} />;
          const name = names[part.index];
          if (name === undefined) return null;
          return (
            <li key={name} data-key={name} aria-setsize={names.length} aria-posinset={part.index + 1}>
              <Breakable text={name} />
            </li>
          );
        })}
      </ul>
    </Box>
  );
}
