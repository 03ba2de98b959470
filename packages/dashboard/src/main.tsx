/** The dashboard. */
import '@mantine/core/styles.css';
import './lib/theme.css';
import './app/mantine.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { ProofKeeper } from './app/proof.tsx';
import { createAppRouter } from './app/routes.tsx';
import { SignInKeeper } from './app/sign-in-again.tsx';
import { theme } from './app/theme.ts';
import { applyAccent } from './lib/accent.ts';
import { AskError } from './lib/ask.ts';
import { applyScheme, readScheme } from './lib/color-scheme.ts';
import { brandOfPage } from './lib/state.ts';

const Notices = lazy(() => import('./app/notices.tsx'));

applyScheme(readScheme());
applyAccent(brandOfPage().accent);

const worthRetrying = (error: unknown): boolean =>
  error instanceof AskError && (error.refusal.kind === 'offline' || error.refusal.kind === 'unavailable');

const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < 3 && worthRetrying(error), staleTime: 5000, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
// Where react-remove-scroll, which locks the page behind a dialog, looks for it.
Reflect.set(globalThis, '__webpack_nonce__', nonce);
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root.');
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={createAppRouter()} />
        <ProofKeeper />
        <SignInKeeper />
        <Suspense>
          <Notices />
        </Suspense>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
