/** What an application is, and what its developer needs to know. */

import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core';
import { Hourglass } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { applicationWords } from '../kit/application-words.ts';
import { CopyButton } from '../kit/copy.tsx';
import { creatorName } from '../kit/creator.ts';
import { useFormat } from '../kit/format.ts';
import { Facts } from '../kit/section.tsx';
import shared from '../kit/shared.module.css';
import { Tag } from '../kit/tag.tsx';
import classes from './applications.module.css';
import { askedSummary } from './Fields.tsx';
import type { Application, Catalogue } from './queries.ts';
import { isRunning } from './RotateDialog.tsx';
import { policySummary } from './span.ts';
import { words } from './words.ts';

interface Props {
  readonly application: Application;
  readonly catalogue: Catalogue;
  /** Null: the user may not. */
  readonly onEndOverlap: (() => void) | null;
}

export function Overview({ application, catalogue, onEndOverlap }: Props) {
  const format = useFormat();
  const { origin } = window.location;
  const creator = creatorName(application.created_by);
  const { permissions, own_permissions: own, optional_permissions: optional, redirect_uris: uris } = application;
  return (
    <Stack gap="xl">
      {isRunning(application) && application.previous_secret_ends_at !== null && (
        <Alert variant="default" bg="transparent" icon={<Hourglass size={20} />} title={words.overlapTitle}>
          <Group gap="sm" justify="space-between">
            <Text size="sm">{words.overlapEnds(format.relative(application.previous_secret_ends_at))}</Text>
            {onEndOverlap !== null && (
              <Button size="xs" variant="default" onClick={onEndOverlap}>
                {words.endOverlap}
              </Button>
            )}
          </Group>
        </Alert>
      )}
      {application.lost_badges !== null && (
        <Alert color="yellow" title={applicationWords.lostTitle(application.lost_badges.badges)}>
          {applicationWords.lost(application.lost_badges.changed)} {words.lostSince(format.date(application.lost_badges.at))}
        </Alert>
      )}
      <dl className={classes.copies}>
        <Copied label={words.clientId} text={application.client_id} />
        <Copied label={words.issuer} text={origin} />
        <Copied label={words.discovery} text={`${origin}/.well-known/openid-configuration`} />
      </dl>
      <Facts
        facts={[
          [words.secret, secretOf(application, format.relative)],
          [words.policy, policySummary(application.idle_seconds, application.absolute_seconds)],
          [
            words.verification,
            application.first_party
              ? words.asksFirstParty
              : application.verified_at === null
                ? words.unverifiedWhy
                : words.verifiedSince(format.date(application.verified_at)),
          ],
          [words.created, format.date(application.created_at)],
          ...(creator === null ? [] : [[words.createdBy, creator] as const]),
          ...(application.home_page === null ? [] : [[words.homePage, application.home_page] as const]),
        ]}
      />
      <Part title={words.redirectUrisShort}>
        {uris.length === 0 ? (
          <Text size="sm">{words.noRedirectUris}</Text>
        ) : (
          <ul className={classes.plain}>
            {uris.map((uri) => (
              <li key={uri} className={shared.mono}>
                {uri}
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part title={words.permissions}>
        {permissions === null || permissions.length === 0 ? (
          <Text size="sm">{askedSummary(permissions)}</Text>
        ) : (
          <Names names={permissions} catalogue={catalogue} optional={optional} />
        )}
      </Part>
      {own.length > 0 && (
        <Part title={words.own}>
          <Names names={own} catalogue={catalogue} optional={[]} />
        </Part>
      )}
    </Stack>
  );
}

function secretOf({ type, secret_made_at: madeAt, jwks }: Application, relative: (at: string) => string): string {
  if (type === 'public') return words.secretPublic;
  const secret = madeAt === null ? words.secretNone : words.secretMade(relative(madeAt));
  return jwks === null ? secret : `${secret}, ${words.keysSome(jwks.keys.length)}`;
}

const Copied = ({ label, text }: { label: string; text: string }) => (
  <div>
    <dt>{label}</dt>
    <dd>
      <code className={shared.mono}>{text}</code>
      <CopyButton text={text} size="compact-sm" aria-label={words.copyOf(label)} />
    </dd>
  </div>
);

function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Title order={2} size="h5" mb="xs" id={id}>
        {title}
      </Title>
      {children}
    </section>
  );
}

interface NamesProps {
  readonly names: readonly string[];
  readonly catalogue: Catalogue;
  readonly optional: readonly string[];
}

const Names = ({ names, catalogue, optional }: NamesProps) => (
  <ul className={classes.plain}>
    {names.map((name) => (
      <li key={name}>
        {catalogue.find((entry) => entry.name === name)?.sentence ?? ''}{' '}
        <span className={`${shared.mono} ${shared.dim}`}>{name}</span> {optional.includes(name) && <Tag>{words.optional}</Tag>}
      </li>
    ))}
  </ul>
);
