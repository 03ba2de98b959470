/** A part of a settings page: what it is about, and next to it (below it, if there is little room) what can be done. */
import { Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import { Part } from './part.tsx';
import classes from './section.module.css';

interface Props {
  readonly title: string;
  readonly intro?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, intro, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={classes.section}>
      <div>
        <Title order={2} size="h4" id={id}>
          {title}
        </Title>
        {intro !== undefined && (
          <Text size="sm" c="dimmed" mt={4}>
            {intro}
          </Text>
        )}
      </div>
      <div className={classes.body}>
        <Part>{children}</Part>
      </div>
    </section>
  );
}

/** Names and their values. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
