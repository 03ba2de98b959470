import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type Api, ask } from '../lib/ask.ts';

export type Connected = Api['GET /me/applications']['answer']['applications'][number];
export type Session = Api['GET /me/sessions']['answer']['sessions'][number];

const KEY = ['connected'] as const;

export const useConnected = () => useQuery({ queryKey: [...KEY, 'applications'], queryFn: () => ask('GET /me/applications') });

export const useSessions = () => useQuery({ queryKey: [...KEY, 'sessions'], queryFn: () => ask('GET /me/sessions') });

/** The catalogue's sentence for a permission; the permission itself if there is none. */
export function useSentences(): (name: string) => string {
  const { data } = useQuery({ queryKey: ['permissions'], queryFn: () => ask('GET /permissions'), staleTime: 300_000 });
  return (name) => data?.permissions.find((entry) => entry.name === name)?.sentence ?? name;
}

export function useVerbs() {
  const queries = useQueryClient();
  const changed = async (doing: Promise<unknown>): Promise<void> => {
    await doing;
    await queries.invalidateQueries({ queryKey: KEY });
  };
  return {
    disconnect: ({ id }: Connected) => changed(ask('DELETE /me/applications/:grant', { params: { grant: String(id) } })),
    end: ({ id }: Session) => changed(ask('DELETE /me/sessions/:session', { params: { session: id } })),
  };
}
