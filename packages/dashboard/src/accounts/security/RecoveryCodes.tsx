/** How many are left, new ones, and the only time that they are shown. */

import { Button, Group, Text, Title } from '@mantine/core';
import { Download, Printer } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useBrand } from '../../kit/brand.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { CopyButton } from '../../kit/copy.tsx';
import { LeaveGuard } from '../../kit/leave-guard.tsx';
import { Section } from '../../kit/section.tsx';
import shared from '../../kit/shared.module.css';
import { ask } from '../../lib/ask.ts';
import { useChanged } from './queries.ts';
import classes from './security.module.css';
import { words } from './words.ts';

const said = words.codes;
const FEW = 3;

export function RecoveryCodes({ left, email }: { left: number; email: string }) {
  const [isAsking, setAsking] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const changed = useChanged();
  const make = async () => {
    const { recovery_codes: made } = await ask('POST /me/recovery-codes');
    setCodes(made);
    await changed();
  };
  return (
    <Section title={said.title} intro={said.intro}>
      {codes !== null ? (
        <CodesShown codes={codes} email={email} onDone={() => setCodes(null)} />
      ) : (
        <>
          <Text size="sm">
            {said.left(left)} {left <= FEW && said.few}
          </Text>
          <Button variant="default" w="fit-content" onClick={() => setAsking(true)}>
            {said.make}
          </Button>
        </>
      )}
      <ConfirmDialog
        opened={isAsking}
        title={said.makeTitle}
        action={said.make}
        danger={false}
        onConfirm={make}
        onClose={() => setAsking(false)}
      >
        <Text size="sm">{said.makeWhy}</Text>
      </ConfirmDialog>
    </Section>
  );
}

export function CodesShown({ codes, email, onDone }: { codes: readonly string[]; email: string; onDone: () => void }) {
  const { name } = useBrand();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const head = said.head(name, email);
  const text = `${head}\n\n${codes.join('\n')}\n`;
  return (
    <div className={classes.panel}>
      <LeaveGuard active title={said.leaveTitle} text={said.leave} />
      <div>
        <Title order={3} size="h5" ref={heading} tabIndex={-1} className={shared.quietFocus ?? ''}>
          {said.shownTitle}
        </Title>
        <Text size="sm">{said.once}</Text>
      </div>
      <div className={classes.printed}>
        <p className={classes.paper}>{head}</p>
        <ul className={classes.codes} aria-label={said.shownTitle}>
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
      </div>
      <Group gap="xs">
        <CopyButton text={text} label={said.copy} size="xs" />
        <Button
          size="xs"
          variant="default"
          leftSection={<Download size={16} aria-hidden="true" />}
          onClick={() => download(said.file(name), text)}
        >
          {said.download}
        </Button>
        <Button size="xs" variant="default" leftSection={<Printer size={16} aria-hidden="true" />} onClick={() => window.print()}>
          {said.print}
        </Button>
      </Group>
      <Button w="fit-content" onClick={onDone}>
        {said.done}
      </Button>
    </div>
  );
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
