/** Giving a proof with another provider, in a separate window: this page stays as it is, and polls for the result. */
import { Anchor, Button, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { FormError } from '../kit/errors.tsx';
import { ME, useMe } from '../kit/session.ts';
import { ask } from '../lib/ask.ts';
import { words } from './words.ts';

const said = words.proof;
const ASK_EVERY_MS = 1500;

export function ProviderProof({ onProved }: { onProved: () => void }) {
  const security = useQuery({ queryKey: ['me', 'security', 'proof'], queryFn: () => ask('GET /me/security') });
  const start = useMutation({
    mutationFn: async (provider: string) => {
      const { url } = await ask('POST /providers/:provider/start', { params: { provider }, body: { purpose: 'proof' } });
      // A browser may refuse to open it; then the link below does.
      window.open(url, '_blank');
      return url;
    },
  });
  useProved(start.isSuccess, onProved);
  return (
    <Stack>
      {(security.data?.identities ?? []).map(({ provider, name }) => (
        <Button key={provider} variant="default" loading={start.isPending} onClick={() => start.mutate(provider)}>
          {said.provider(name)}
        </Button>
      ))}
      <FormError error={start.error ?? security.error} />
      {start.isSuccess && (
        <Text size="sm" role="status">
          {said.elsewhere}{' '}
          <Anchor href={start.data} target="_blank" rel="noreferrer">
            {said.openAgain}
          </Anchor>
        </Text>
      )}
    </Stack>
  );
}

function useProved(isWaiting: boolean, onProved: () => void): void {
  const { data } = useMe();
  const queries = useQueryClient();
  const isProved = isWaiting && data?.proved_until != null && Date.parse(data.proved_until) > Date.now();
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => void queries.invalidateQueries({ queryKey: ME, exact: true }), ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isWaiting, queries]);
  useEffect(() => {
    if (isProved) onProved();
  }, [isProved, onProved]);
}
