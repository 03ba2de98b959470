/**
 * A name without spaces, such as an address or a permission: if it does not fit, it breaks after a punctuation mark and not
 * within a word.
 */
import { Fragment, type ReactNode } from 'react';

const SIGNS = /(?<=[.@/_:])/;

export const Breakable = ({ text }: { readonly text: string }): ReactNode => (
  <>
    {text.split(SIGNS).map((part, index, parts) => (
      // The text before a part identifies it.
      <Fragment key={parts.slice(0, index + 1).join('')}>
        {index > 0 && <wbr />}
        {part}
      </Fragment>
    ))}
  </>
);
