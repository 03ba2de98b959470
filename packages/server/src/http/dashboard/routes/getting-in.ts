/** Registering, logging in, second steps, links, setup, and proving again. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IN_THE_ACT } from '../../../core/authority.ts';
import { offersPasskeys } from '../../../core/factors/passkeys.ts';
import { PASSWORD_SENTENCES } from '../../../core/passwords/password.ts';
import { Refusal } from '../../../core/refusal.ts';
import type { Ending } from '../../../core/sign-ins/ending.ts';
import type { OpenedSignIn } from '../../../core/sign-ins/open-sign-in.ts';
import { PROOF_LASTS_MS } from '../../../core/sign-ins/sign-in.ts';
import { NO_MATCH_SENTENCE, type ProofFailure } from '../../../core/sign-ins/verify-password.ts';
import { describeBrand } from '../brand.ts';
import { invitationIn } from '../return-path.ts';
import { forgetLink, rememberReturnPoint, takeReturnPoint } from '../return-point.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { refuseLink, refuseVerification } from './links.ts';
import { invalid, refuseWherePasskeysAreNot } from './refuse.ts';

/** When to ask again after the mailbox has had its number of links; those that it has stay valid. */
const MAILBOX_RETRY_SECONDS = 3600;
const STEP_OVER = 'This took too long. Begin with your password again.';
const FIRST_PROOF_OVER = 'This took too long, or something changed. Sign in again with the same provider.';
const WRONG_CODE = 'This code is not valid, or was used before.';
const WRONG_PASSKEY = 'This passkey was not accepted.';

export function gettingInRoutes(serve: Serve, { keyhouse, cookies, url }: DashboardPorts): void {
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

  serve('POST /register', async ({ body, by, request, reply, signIn }) => {
    const came = await keyhouse.signIns.signUp({
      email: body.email,
      password: body.password,
      displayName: body.display_name ?? '',
      invitation: body.invitation ?? null,
      browser: cookies.read(request, 'browser'),
      by,
    });
    if (came.ok) {
      const { next, to } = await enter(request, reply, came.opened, signIn);
      return { next, to: came.joined === null || leadsOn(to) ? to : `/dashboard/accounts/${came.joined}` };
    }
    throw came.reason === 'link-over' ? await refuseLink(keyhouse, 'invitation', body.invitation ?? '') : refuseComing(came);
  });

  serve('POST /log-in', async ({ body, by, request, reply, signIn }) => {
    const entered = await keyhouse.signIns.signInWithPassword({ ...body, browser: cookies.read(request, 'browser'), by });
    if (!entered.ok) throw refuseProof(entered, 'email');
    forgetLink(cookies, request, reply);
    if (entered.next === 'done') return await enter(request, reply, entered.opened, signIn);
    cookies.set(reply, 'step', entered.step);
    return { next: 'second-factor' as const, methods: [...entered.methods] };
  });

  serve('POST /log-in/code', async ({ body, by, request, reply, signIn }) => {
    const step = cookies.read(request, 'step');
    if (step === null) throw invalid('code', STEP_OVER);
    const entered = await keyhouse.signIns.signInWithCode({
      step,
      code: body.code,
      browser: cookies.read(request, 'browser'),
      by,
    });
    if (entered.ok) return await enter(request, reply, entered.opened, signIn);
    if (entered.reason === 'wrong-code' || entered.reason === 'step-over')
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
    return await enter(request, reply, opened, signIn);
  });

  serve('POST /log-in/again', async ({ request, reply }) => {
    const step = cookies.read(request, 'step');
    if (step !== null) await keyhouse.signIns.forgetStep(step);
    cookies.clear(reply, 'step');
  });

  // With a step's cookie: the passkeys of the user who waits. Without: whoever has one.
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
    return await enter(request, reply, entered, signIn);
  });

  serve('POST /log-out', async ({ signIn, by, reply }) => {
    await keyhouse.signIns.signOut(signIn.user, signIn.id, by);
    cookies.clear(reply, 'sign-in');
  });

  serve('POST /forgot', async ({ body, by }) => {
    const asked = await keyhouse.signIns.requestReset(body.email, by);
    if (!asked.ok) throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: asked.retryAfterSeconds });
  });

  serve('POST /reset/check', async ({ body }) => {
    const user = await keyhouse.signIns.findReset(body.ticket);
    if (user === null) throw await refuseLink(keyhouse, 'reset-password', body.ticket);
    const { isFirstProof, ending } = await keyhouse.signIns.readReset(user);
    return {
      email: user.email,
      first_proof: isFirstProof,
      ends: endsOf(ending),
      two_step: !isFirstProof && user.twoStepSinceMs !== null,
    };
  });

  serve('POST /reset', async ({ body, by, reply }) => {
    const reset = await keyhouse.signIns.resetWithTicket(body.ticket, body.password, by);
    if (reset.ok) return cookies.clear(reply, 'sign-in');
    if (reset.reason === 'gone') throw await refuseLink(keyhouse, 'reset-password', body.ticket);
    if (reset.reason === 'busy') throw new Refusal({ code: 'busy', retryAfterSeconds: 1 });
    throw invalid('password', PASSWORD_SENTENCES[reset.reason]);
  });

  serve('POST /verify-email', async ({ body, signIn, by }) => {
    const user = await keyhouse.users.verifyEmail(signIn.user, body.ticket, by);
    if (user === null) throw await refuseVerification(keyhouse, signIn.user, body.ticket);
    return { email: user.email };
  });
  serve('POST /verify-email/send', async ({ signIn, by }) => {
    const asked = await keyhouse.signIns.admitMail(signIn.user.email, by);
    if (!asked.ok) throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: asked.retryAfterSeconds });
    if (!(await keyhouse.users.sendVerification(signIn.user, by)))
      throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: MAILBOX_RETRY_SECONDS });
  });

  serve('POST /setup/check', async ({ body }) => {
    if (!(await keyhouse.signIns.isSetupTicket(body.ticket))) throw await refuseLink(keyhouse, 'setup', body.ticket);
  });
  serve('POST /setup', async ({ body, by, request, reply, signIn }) => {
    const came = await keyhouse.signIns.setUp({
      ticket: body.ticket,
      email: body.email,
      password: body.password,
      displayName: body.display_name ?? '',
      browser: cookies.read(request, 'browser'),
      by,
    });
    if (came.ok) return await enter(request, reply, came.opened, signIn);
    throw came.reason === 'link-over' ? await refuseLink(keyhouse, 'setup', body.ticket) : refuseComing(came);
  });

  serve('POST /providers/:provider/start', async ({ params, body, signIn, request, reply }) => {
    if (body.purpose !== 'log-in' && signIn === null) throw new Refusal({ code: 'not_signed_in' });
    // Linking is one more way in: it asks for a proof like every new factor.
    const isOld = signIn === null || keyhouse.clock.now() - signIn.provedAtMs > PROOF_LASTS_MS;
    if (body.purpose === 'link' && isOld) throw new Refusal({ code: 'proof_required' });
    const trip = await keyhouse.providers.start({
      provider: params.provider,
      purpose: body.purpose,
      user: signIn?.user ?? null,
      invitation: invitationIn(body.link ?? null),
    });
    if (trip === 'away') throw invalid('provider', 'This provider does not answer now. Try again in a moment.');
    if (trip === null) throw new Refusal({ code: 'not_found' });
    cookies.set(reply, 'step', trip.step);
    if (body.purpose === 'log-in') {
      forgetLink(cookies, request, reply);
      if (body.link !== undefined) rememberReturnPoint(cookies, reply, body.link);
    }
    return { url: trip.url };
  });

  serve('POST /proof', async ({ body, signIn, by }) => {
    const proved = await keyhouse.signIns.proveWithPassword(signIn.user, signIn.id, body.password, by);
    if (proved !== true) throw refuseProof(proved, 'password');
  });
  serve('POST /proof/passkey/options', async ({ signIn }) => {
    refuseWherePasskeysAreNot(url);
    return await keyhouse.signIns.passkeyProofOptions(signIn.user);
  });
  serve('POST /proof/passkey', async ({ body, signIn, by }) => {
    refuseWherePasskeysAreNot(url);
    if (!(await keyhouse.signIns.proveWithPasskey(signIn.user, signIn.id, body.response, by)))
      throw invalid('response', WRONG_PASSKEY);
  });

  /** A new secret each time; what this browser was signed in as before ends. */
  async function enter(
    request: FastifyRequest,
    reply: FastifyReply,
    opened: OpenedSignIn,
    before: { id: number; user: Parameters<typeof keyhouse.signIns.signOut>[0] } | null,
  ): Promise<{ next: 'done'; to: string }> {
    if (before !== null)
      await keyhouse.signIns.signOut(before.user, before.id, {
        actor: `user:${before.user.id}`,
        requestId: request.id,
        person: {},
        authority: IN_THE_ACT,
      });
    cookies.clear(reply, 'step');
    cookies.set(reply, 'sign-in', opened.secret);
    cookies.set(reply, 'browser', opened.browser);
    return { next: 'done', to: takeReturnPoint(cookies, request, reply) };
  }
}

const endsOf = (ending: Ending) => ({
  keys: ending.keys.length,
  tokens: ending.tokens.length,
  applications: ending.applications.length,
  sessions: ending.sessions,
  passkeys: ending.passkeys,
  authenticator_app: ending.totp,
});

/** An application's authorization request waits there. */
const leadsOn = (path: string): boolean => path.startsWith('/auth/continue?');

type Refused = Exclude<
  Extract<Awaited<ReturnType<DashboardPorts['keyhouse']['signIns']['signUp']>>, { ok: false }>,
  { readonly reason: 'link-over' }
>;

function refuseComing(refused: Refused): Refusal {
  switch (refused.reason) {
    case 'sign-up-closed':
      return new Refusal({ code: 'not_allowed' });
    case 'other-address':
      return invalid('email', 'The invitation is for another address.');
    case 'invalid': {
      const names = { email: 'email', password: 'password', displayName: 'display_name' } as const;
      const errors: Record<string, string[]> = {};
      for (const { field, sentence } of refused.faults) errors[names[field]] = [...(errors[names[field]] ?? []), sentence];
      return new Refusal({ code: 'invalid', errors });
    }
    case 'too-many-tries':
      return new Refusal({ code: 'too_many_requests', retryAfterSeconds: refused.retryAfterSeconds });
    case 'busy':
      return new Refusal({ code: 'busy', retryAfterSeconds: refused.retryAfterSeconds });
  }
}

function refuseProof(refused: ProofFailure, field: string): Refusal {
  if (refused.reason === 'no-match')
    return invalid(field, field === 'password' ? 'This is not your password.' : NO_MATCH_SENTENCE);
  const code = refused.reason === 'busy' ? ('busy' as const) : ('too_many_requests' as const);
  return new Refusal({ code, retryAfterSeconds: refused.retryAfterSeconds });
}
