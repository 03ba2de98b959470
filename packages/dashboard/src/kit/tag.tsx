/** A word that marks a state. It is never cut off. */
import classes from './tag.module.css';

export type Tone = 'plain' | 'good' | 'warn' | 'danger' | 'accent';

export const Tag = ({ tone = 'plain', children }: { tone?: Tone; children: string }) => (
  <span className={classes.tag} data-tone={tone}>
    {children}
  </span>
);
