/** A name without spaces, such as an address or a permission: where it does not fit, it breaks behind a sign and not within a word. */
import { Fragment, type ReactNode } from 'react';

const SIGNS = /(?<=[.@/_:])/;

export const Breakable = ({ text }: { readonly text: string }): ReactNode => (
  <>
    {text.split(SIGNS).map((part, index, parts) => (
      // What stands before a part says which one it is.
      <Fragment key={parts.slice(0, index + 1).join('')}>
        {index > 0 && <wbr />}
        {part}
      </Fragment>
    ))}
  </>
);
