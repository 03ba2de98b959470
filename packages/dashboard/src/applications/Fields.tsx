/** The fields of an application: those that everyone needs are open, each of the rest is one line that can be opened. */

import { Checkbox, NativeSelect, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { memo, type RefObject, useMemo, useState } from 'react';
import { Fold } from '../kit/fold.tsx';
import shared from '../kit/shared.module.css';
import { useStable } from '../kit/stable.ts';
import { AsksField, NamesField, toggled } from './AsksField.tsx';
import classes from './applications.module.css';
import { askedOf, type Draft, type DraftErrors, hasSchemeWithoutDot, linesOf, type NamesDraft, namesOf } from './draft.ts';
import { LogoField } from './LogoField.tsx';
import { PermissionTable } from './PermissionTable.tsx';
import type { Catalogue } from './queries.ts';
import { policySummary, spanChoices } from './span.ts';
import { words } from './words.ts';

/** Which fold shows the errors of which fields. */
const FOLDS = {
  permissions: ['permissions', 'optional_permissions'],
  own: ['own_permissions'],
  policy: ['idle_seconds', 'absolute_seconds'],
  appearance: ['home_page', 'logo'],
  signOut: ['post_logout_redirect_uris'],
  idTokens: ['id_token_signed_response_alg'],
  keys: ['jwks'],
} as const;
type FoldName = keyof typeof FOLDS;

/** Those that show their own errors. */
export const SHOWN: readonly string[] = ['name', 'redirect_uris', 'allows_schemes_without_dot', ...Object.values(FOLDS).flat()];

interface Props {
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
  readonly errors: DraftErrors;
  readonly catalogue: Catalogue;
  readonly logoUrl: string | null;
  /** It exists: what cannot be changed any more is not offered. */
  readonly isExisting: boolean;
  readonly nameRef?: RefObject<HTMLInputElement | null>;
}

export function Fields({ draft, onChange, errors, catalogue, logoUrl, isExisting, nameRef }: Props) {
  const [open, setOpen] = useState<ReadonlySet<FoldName>>(new Set());
  const fold = (name: FoldName) => ({
    opened: open.has(name) || FOLDS[name].some((field) => errors[field] !== undefined),
    onToggle: () =>
      setOpen((before) => new Set(before.has(name) ? [...before].filter((other) => other !== name) : [...before, name])),
  });
  const shown = (field: string) => (errors[field] === undefined ? {} : { error: errors[field] });
  const { asksAny, asked: askedFor, optional } = draft;
  const asks = useMemo(() => ({ asksAny, asked: askedFor, optional }), [asksAny, askedFor, optional]);
  const change = useStable(onChange);
  const asked = askedOf(draft, catalogue);
  const own = namesOf(draft.own, catalogue);
  const signOut = linesOf(draft.postLogoutRedirectUris);
  return (
    <Stack gap="md">
      <TextInput
        {...(nameRef === undefined ? {} : { ref: nameRef })}
        label={words.name}
        description={words.nameHint}
        maxLength={100}
        autoComplete="off"
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        {...shown('name')}
      />
      {!isExisting && (
        <Radio.Group
          label={words.type}
          description={words.typeStays}
          value={draft.type}
          onChange={(value) => onChange({ type: value === 'public' ? 'public' : 'confidential' })}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="confidential" label={words.typeConfidential} description={words.typeConfidentialHint} />
            <Radio value="public" label={words.typePublic} description={words.typePublicHint} />
          </Stack>
        </Radio.Group>
      )}
      <UrisField
        label={words.redirectUris}
        description={words.redirectUrisHint}
        placeholder={words.redirectUrisPlaceholder}
        text={draft.redirectUris}
        error={errors.redirect_uris}
        onChange={(redirectUris) => onChange({ redirectUris })}
      />
      {(draft.schemesWithoutDot || hasSchemeWithoutDot(linesOf(`${draft.redirectUris}\n${draft.postLogoutRedirectUris}`))) && (
        <Checkbox
          label={words.schemes}
          description={words.schemesHint}
          checked={draft.schemesWithoutDot}
          onChange={(event) => onChange({ schemesWithoutDot: event.currentTarget.checked })}
          {...shown('allows_schemes_without_dot')}
        />
      )}
      <div>
        <Fold label={words.permissions} value={askedSummary(asked)} {...fold('permissions')}>
          <AsksField draft={asks} onChange={change} catalogue={catalogue} errors={errors} />
        </Fold>
        {draft.type === 'confidential' && (
          <Fold label={words.own} value={own.length === 0 ? words.ownNone : words.chosen(own.length)} {...fold('own')}>
            <OwnField own={draft.own} onChange={change} catalogue={catalogue} error={errors.own_permissions} />
          </Fold>
        )}
        <Fold label={words.policy} value={policySummary(secondsOf(draft.idle), secondsOf(draft.absolute))} {...fold('policy')}>
          <Text size="sm" c="dimmed" mb="sm">
            {words.policyHint}
          </Text>
          <div className={classes.pair}>
            <NativeSelect
              label={words.idle}
              data={[...spanChoices(draft.idle)]}
              value={draft.idle}
              onChange={(event) => onChange({ idle: event.currentTarget.value })}
              {...shown('idle_seconds')}
            />
            <NativeSelect
              label={words.absolute}
              data={[...spanChoices(draft.absolute)]}
              value={draft.absolute}
              onChange={(event) => onChange({ absolute: event.currentTarget.value })}
              {...shown('absolute_seconds')}
            />
          </div>
        </Fold>
        <Fold label={words.appearance} value={draft.homePage.trim() || words.appearanceNone} {...fold('appearance')}>
          <Stack gap="md">
            <TextInput
              type="url"
              label={words.homePage}
              description={words.homePageHint}
              placeholder={words.homePagePlaceholder}
              maxLength={500}
              autoComplete="off"
              value={draft.homePage}
              onChange={(event) => onChange({ homePage: event.currentTarget.value })}
              {...shown('home_page')}
            />
            <LogoField url={logoUrl} logo={draft.logo} onChange={(logo) => onChange({ logo })} error={errors.logo} />
          </Stack>
        </Fold>
        <Fold
          label={words.signOut}
          value={signOut.length === 0 ? words.signOutNone : words.places(signOut.length)}
          {...fold('signOut')}
        >
          <UrisField
            label={words.postLogout}
            description={words.postLogoutHint}
            text={draft.postLogoutRedirectUris}
            error={errors.post_logout_redirect_uris}
            onChange={(postLogoutRedirectUris) => onChange({ postLogoutRedirectUris })}
          />
        </Fold>
        <Fold label={words.idTokens} value={draft.idTokenAlgorithm} {...fold('idTokens')}>
          <NativeSelect
            label={words.idTokenAlgorithm}
            description={words.idTokenAlgorithmHint}
            data={['ES256', 'RS256']}
            value={draft.idTokenAlgorithm}
            onChange={(event) => onChange({ idTokenAlgorithm: event.currentTarget.value === 'RS256' ? 'RS256' : 'ES256' })}
            {...shown('id_token_signed_response_alg')}
          />
        </Fold>
        {draft.type === 'confidential' && (
          <Fold label={words.keys} value={draft.keys.trim() === '' ? words.keysNone : words.keysField} {...fold('keys')}>
            <Textarea
              label={words.keysField}
              description={words.keysHint}
              autosize
              minRows={4}
              maxRows={16}
              spellCheck={false}
              autoCapitalize="off"
              classNames={{ input: classes.code ?? '' }}
              value={draft.keys}
              onChange={(event) => onChange({ keys: event.currentTarget.value })}
              {...shown('jwks')}
            />
          </Fold>
        )}
      </div>
    </Stack>
  );
}

const secondsOf = (text: string): number | null => (text === '' ? null : Number(text));

export function askedSummary(asked: readonly string[] | null): string {
  if (asked === null) return words.permissionsAnySummary;
  return asked.length === 0 ? words.permissionsNone : words.chosen(asked.length);
}

interface UrisProps {
  readonly label: string;
  readonly description: string;
  readonly placeholder?: string;
  readonly text: string;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}

const UrisField = ({ label, description, placeholder, text, error, onChange }: UrisProps) => (
  <Textarea
    label={label}
    description={description}
    autosize
    minRows={2}
    maxRows={20}
    spellCheck={false}
    autoCapitalize="off"
    classNames={{ input: classes.code ?? '' }}
    value={text}
    onChange={(event) => onChange(event.currentTarget.value)}
    {...(placeholder === undefined ? {} : { placeholder })}
    {...(error === undefined ? {} : { error })}
  />
);

/** Every existing permission may be given: no user is asked. */
const OwnField = memo(function OwnField({
  own,
  onChange,
  catalogue,
  error,
}: Pick<Props, 'onChange' | 'catalogue'> & { readonly own: NamesDraft; readonly error: string | undefined }) {
  const entries = useMemo(() => catalogue.map((entry) => ({ ...entry, sensitive: false })), [catalogue]);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {words.ownHint}
      </Text>
      {catalogue.length === 0 ? (
        <NamesField
          label={words.freeText}
          description={words.freeTextHint}
          names={own}
          error={error}
          onChange={(names) => onChange({ own: names })}
        />
      ) : (
        <>
          <PermissionTable
            label={words.own}
            entries={entries}
            columns={[
              {
                label: words.columnHas,
                labelOf: words.hasItself,
                isOn: (name) => own.chosen.includes(name),
                onToggle: (name) => onChange({ own: { ...own, chosen: toggled(own.chosen, name) } }),
              },
            ]}
          />
          {error !== undefined && (
            <Text size="xs" className={shared.danger ?? ''} role="alert">
              {error}
            </Text>
          )}
        </>
      )}
    </Stack>
  );
});
