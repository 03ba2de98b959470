/** Signing in with this browser: password, second step, passkey, another provider; and signing out. */
import { offersPasskeys } from '../../../core/factors/passkeys.ts';
import { Refusal } from '../../../core/refusal.ts';
import { PROOF_LASTS_MS } from '../../../core/sign-ins/sign-in.ts';
import { invalid } from '../../faults.ts';
import { describeBrand } from '../brand.ts';
import { invitationIn } from '../return-path.ts';
import { forgetLink, rememberReturnPoint } from '../return-point.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { refuseWherePasskeysAreNot } from './refuse.ts';
import { endsOf, refuseProof, settleSignIn, WRONG_PASSKEY } from './settle-sign-in.ts';

const STEP_OVER = 'This took too long. Enter your password again.';
const FIRST_PROOF_OVER = 'This took too long, or something changed. Sign in again with the same provider.';
const WRONG_CODE = 'This code is not valid, or was already used.';

export function signInRoutes(serve: Serve, ports: DashboardPorts): void {
  const { keyhouse, cookies, url } = ports;
  serve('GET /state', async ({ signIn, request }) => {
    const cookie = cookies.read(request, 'step');
    const [step, proof] = await Promise.all([keyhouse.signIns.waitingStep(cookie), keyhouse.providers.waitingFirstProof(cookie)]);
    return {
      brand: describeBrand(keyhouse.branding.current()),
      signup: keyhouse.signIns.signup,
      providers: keyhouse.providers.list.map(({ id, name }) => ({ id, name })),
      passkeys: offersPasskeys(url),
      sends_mail: keyhouse.facts.sendsMail,
      signed_in: signIn !== null,
      kept_cookie: cookie !== null || cookies.read(request, 'probe') !== null,
      step: step === null ? null : [...step],
      first_proof:
        proof === null
          ? null
          : { email: proof.email, provider: proof.provider, password: proof.hasPassword, ends: endsOf(proof.ending) },
    };
  });
  serve('POST /log-in', async ({ body, by, request, reply, signIn }) => {
    const entered = await keyhouse.signIns.signInWithPassword({ ...body, browser: cookies.read(request, 'browser'), by });
    if (!entered.ok) throw refuseProof(entered, 'email');
    forgetLink(cookies, request, reply);
    if (entered.next === 'done') return await settleSignIn(ports, request, reply, entered.opened, signIn);
    cookies.set(reply, 'step', entered.step);
    return { next: 'second-factor' as const, methods: [...entered.methods] };
  });
  serve('POST /log-out', async ({ signIn, by, reply }) => {
    await keyhouse.signIns.signOut(signIn.user, signIn.id, by);
    cookies.clear(reply, 'sign-in');
  });
}

export function secondStepRoutes(serve: Serve, ports: DashboardPorts): void {
  const { keyhouse, cookies } = ports;
  serve('POST /log-in/code', async ({ body, by, request, reply, signIn }) => {
    const step = cookies.read(request, 'step');
    if (step === null) throw invalid('code', STEP_OVER);
    const entered = await keyhouse.signIns.signInWithCode({
      step,
      code: body.code,
      browser: cookies.read(request, 'browser'),
      by,
    });
    if (entered.ok) return await settleSignIn(ports, request, reply, entered.opened, signIn);
    if (entered.reason === 'wrong-code' || entered.reason === 'step_over')
      throw invalid('code', entered.reason === 'wrong-code' ? WRONG_CODE : STEP_OVER);
    throw refuseProof(entered, 'code');
  });
  serve('POST /log-in/first-proof', async ({ by, request, reply, signIn }) => {
    const step = cookies.read(request, 'step');
    const opened =
      step === null
        ? null
        : await keyhouse.providers.signInWithFirstProof({ step, browser: cookies.read(request, 'browser'), by });
    if (opened === null) throw invalid('step', FIRST_PROOF_OVER);
    return await settleSignIn(ports, request, reply, opened, signIn);
  });
  serve('POST /log-in/again', async ({ request, reply }) => {
    const step = cookies.read(request, 'step');
    if (step !== null) await keyhouse.signIns.forgetStep(step);
    cookies.clear(reply, 'step');
  });

  // With a step's cookie: the passkeys of the user who waits. Without: anyone who has one.
}

export function passkeySignInRoutes(serve: Serve, ports: DashboardPorts): void {
  const { keyhouse, cookies, url } = ports;
  serve('POST /log-in/passkey/options', async ({ request }) => {
    refuseWherePasskeysAreNot(url);
    const step = cookies.read(request, 'step');
    return await keyhouse.signIns.passkeyStepOptions(step);
  });
  serve('POST /log-in/passkey', async ({ body, by, request, reply, signIn }) => {
    refuseWherePasskeysAreNot(url);
    const entered = await keyhouse.signIns.signInWithPasskey({
      step: cookies.read(request, 'step'),
      response: body.response,
      browser: cookies.read(request, 'browser'),
      by,
    });
    if (entered === null) throw invalid('response', WRONG_PASSKEY);
    return await settleSignIn(ports, request, reply, entered, signIn);
  });
}

export function providerSignInRoutes(serve: Serve, { keyhouse, cookies }: DashboardPorts): void {
  serve('POST /providers/:provider/start', async ({ params, body, signIn, request, reply }) => {
    if (body.purpose !== 'log-in' && signIn === null) throw new Refusal({ code: 'not_signed_in' });
    // Linking is one more way in: it asks for a proof like every new factor.
    const isOld = signIn === null || keyhouse.clock.now() - signIn.provedAtMs > PROOF_LASTS_MS;
    if (body.purpose === 'link' && isOld) throw new Refusal({ code: 'proof_required' });
    const begun = await keyhouse.providers.start({
      provider: params.provider,
      purpose: body.purpose,
      user: signIn?.user ?? null,
      invitation: invitationIn(body.link ?? null),
    });
    if (begun === 'away') throw invalid('provider', 'This provider does not respond. Try again in a moment.');
    if (begun === null) throw new Refusal({ code: 'not_found' });
    cookies.set(reply, 'step', begun.step);
    if (body.purpose === 'log-in') {
      forgetLink(cookies, request, reply);
      if (body.link !== undefined) rememberReturnPoint(cookies, reply, body.link);
    }
    return { url: begun.url };
  });
}
