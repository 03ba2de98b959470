/** The whole audit log, with the head of its chain. */
import { Alert, Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { useState } from 'react';
import { AuditLog } from '../audit/AuditLog.tsx';
import classes from '../audit/audit.module.css';
import { Export } from '../audit/Export.tsx';
import { AUDIT } from '../audit/queries.ts';
import { words } from '../audit/words.ts';
import { CopyButton } from '../kit/copy.tsx';
import { FormError } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { useFormat } from '../kit/format.ts';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { ask } from '../lib/ask.ts';
import { Operator } from './Operator.tsx';

export const WholeAuditPage = () => (
  <Operator>
    <Stack gap="lg">
      <PageHeader title={words.wholeTitle} intro={words.wholeIntro}>
        <Export log={null} />
      </PageHeader>
      <Chain />
      <AuditLog log={null} />
    </Stack>
  </Operator>
);

type Verdict = Api['POST /operator/audit/verify']['answer'];

function Chain() {
  const format = useFormat();
  const head = useQuery({
    queryKey: [...AUDIT, 'head'],
    queryFn: async () => (await ask('GET /operator/audit', { query: { limit: '1' } })).head,
  });
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const verify = useForm(async () => {
    setVerdict(null);
    setVerdict(await ask('POST /operator/audit/verify'));
    void head.refetch();
  });
  return (
    <section className={classes.head} aria-label={words.head}>
      <div>
        <Text size="sm" fw={600}>
          {words.head}
        </Text>
        <Loaded query={head}>
          {({ number, hash }) => (
            <p className={classes.mono}>
              {number}:{hash}
            </p>
          )}
        </Loaded>
        <Text size="sm" c="dimmed">
          {words.headHint}
        </Text>
      </div>
      {head.data !== undefined && <CopyButton text={`${head.data.number}:${head.data.hash}`} />}
      <Button variant="default" loading={verify.isBusy} onClick={() => void verify.submit()}>
        {words.verify}
      </Button>
      <div
        role="status"
        aria-live="polite"
        style={verdict === null && !verify.isBusy ? { display: 'none' } : { flexBasis: '100%' }}
      >
        {verify.isBusy && words.verifying}
        {verdict !== null && (
          <Alert
            color={verdict.intact ? 'green' : 'red'}
            title={(verdict.intact ? words.intact : words.broken)(format.number(verdict.checked))}
          >
            {verdict.fault}
          </Alert>
        )}
      </div>
      <FormError error={verify.error} />
    </section>
  );
}
