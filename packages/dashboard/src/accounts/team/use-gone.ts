/**
 * After a team was left or deleted: first to the overview, and only then is it removed from the lists, so that no page of it
 * shows an error.
 */
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ME } from '../../kit/session.ts';

export function useGone(): (message: string) => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (message) => {
    await navigate({ to: '/' });
    await queries.invalidateQueries({ queryKey: ME });
    notifications.show({ message });
  };
}
