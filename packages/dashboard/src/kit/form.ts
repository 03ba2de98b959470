/** Sending a Mantine form: what the server says about a field stands at the field, and the first of them gets the focus. */
import type { UseFormReturnType } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { fieldErrorsOf } from './errors.tsx';

/** `<form onSubmit={onSubmit}><FormError error={error} fields={['name']} /> … <Button type="submit" loading={isBusy}>` */
export function useSubmit<Values extends Record<string, unknown>, Answer>(
  form: UseFormReturnType<Values>,
  send: (values: Values) => Promise<Answer>,
  onDone: (answer: Answer) => void = () => {},
) {
  const mutation = useMutation({
    mutationFn: send,
    onSuccess: onDone,
    onError: (error) => {
      const errors = fieldErrorsOf(error);
      form.setErrors(errors);
      const [first] = Object.keys(errors);
      if (first !== undefined) form.getInputNode(first)?.focus();
    },
  });
  return {
    onSubmit: form.onSubmit((values) => mutation.mutate(values)),
    error: mutation.error,
    isBusy: mutation.isPending,
    isDone: mutation.isSuccess,
  };
}
