/** Name, logo and accent colour. */
import { Alert, Button, FileButton, Group, Input, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AdministratorsOnly } from '../kit/administrators-only.tsx';
import { useChangeBrand } from '../kit/brand.ts';
import { FormError, fieldErrorOf } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { contrast, type Ground, shadesOf } from '../lib/accent.ts';
import { type Api, ask } from '../lib/ask.ts';
import { readDataUrl } from '../lib/read-file.ts';
import classes from './operator.module.css';
import { words } from './words.ts';

type Brand = Api['GET /operator/brand']['answer'];
const said = words.brand;
const MAX_LOGO_BYTES = 100_000;
const MIN_CONTRAST = 4.5;

export const BrandPage = () => (
  <AdministratorsOnly>
    <Branding />
  </AdministratorsOnly>
);

function Branding() {
  const query = useQuery({
    queryKey: ['operator', 'brand'],
    queryFn: () => ask('GET /operator/brand'),
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  return (
    <Stack gap="lg">
      <PageHeader title={said.title} intro={said.intro} />
      <Loaded query={query}>{(brand) => <Editor brand={brand} />}</Loaded>
    </Stack>
  );
}

/** `url` is what the preview shows, `base64` what is sent. */
type Logo =
  | { readonly change: 'none' }
  | { readonly change: 'removed' }
  | { readonly change: 'chosen'; readonly url: string; readonly base64: string };

function Editor({ brand }: { brand: Brand }) {
  const changeBrand = useChangeBrand();
  const [saved, setSaved] = useState(brand);
  const [name, setName] = useState(brand.name);
  const [accent, setAccent] = useState(brand.accent);
  const [logo, setLogo] = useState<Logo>({ change: 'none' });
  const [logoFault, setLogoFault] = useState<string | null>(null);
  const colour = accent.trim().toLowerCase();
  const isColour = /^#[0-9a-f]{6}$/.test(colour);
  const shown = isColour ? colour : saved.accent;
  const logoUrl = logo.change === 'chosen' ? logo.url : logo.change === 'removed' ? null : saved.logo_url;
  const isChanged = name !== saved.name || colour !== saved.accent || logo.change !== 'none';

  const choose = async (file: File | null) => {
    if (file === null) return;
    if (file.size > MAX_LOGO_BYTES) return setLogoFault(said.tooBig);
    setLogoFault(null);
    const url = await readDataUrl(file);
    setLogo({ change: 'chosen', url, base64: url.slice(url.indexOf(',') + 1) });
  };
  const save = useForm(async () => {
    const sent = logo.change === 'none' ? {} : { logo: logo.change === 'removed' ? null : logo.base64 };
    await ask('PUT /operator/brand', { body: { name, accent: colour, ...sent } });
    const now = await ask('GET /operator/brand');
    setSaved(now);
    setName(now.name);
    setAccent(now.accent);
    setLogo({ change: 'none' });
    changeBrand(now);
    notifications.show({ message: said.saved });
  });

  return (
    <div className={classes.brand}>
      <form onSubmit={save.submit}>
        <Stack gap="lg">
          <TextInput
            label={said.name}
            description={said.nameHint}
            name="brand"
            autoComplete="off"
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fieldErrorOf(save.error, 'name')}
          />
          <div>
            <Input.Label htmlFor="accent">{said.accent}</Input.Label>
            <Input.Description mb={5}>{said.accentHint}</Input.Description>
            <div className={classes.accent}>
              <input
                type="color"
                className={classes.picker}
                aria-label={said.accentPick}
                value={shown}
                onChange={(event) => setAccent(event.currentTarget.value)}
              />
              <TextInput
                id="accent"
                spellCheck={false}
                autoComplete="off"
                maxLength={7}
                value={accent}
                onChange={(event) => setAccent(event.currentTarget.value)}
                error={isColour ? fieldErrorOf(save.error, 'accent') : said.accentFault}
              />
            </div>
            <Contrast colour={shown} />
          </div>
          <Stack gap={6} align="flex-start">
            <Text size="sm" fw={500}>
              {said.logo}
            </Text>
            <Text size="xs" c="dimmed">
              {said.logoHint}
            </Text>
            <Group gap="xs">
              <FileButton accept="image/png,image/jpeg,image/webp" onChange={(file) => void choose(file)}>
                {(props) => (
                  <Button variant="default" {...props}>
                    {said.chooseLogo}
                  </Button>
                )}
              </FileButton>
              {logoUrl !== null && (
                <Button variant="default" onClick={() => setLogo({ change: saved.logo_url === null ? 'none' : 'removed' })}>
                  {said.removeLogo}
                </Button>
              )}
            </Group>
            {(logoFault ?? fieldErrorOf(save.error, 'logo')) !== undefined && (
              <Input.Error role="alert">{logoFault ?? fieldErrorOf(save.error, 'logo')}</Input.Error>
            )}
          </Stack>
          <FormError error={save.error} fields={['name', 'accent', 'logo']} />
          <div>
            <Button type="submit" loading={save.isBusy} disabled={!isChanged || !isColour || name.trim() === ''}>
              {words.save}
            </Button>
          </div>
        </Stack>
      </form>
      <section className={classes.previews} aria-labelledby="brand-preview">
        <Title order={2} size="h4" id="brand-preview">
          {said.preview}
        </Title>
        {(['light', 'dark'] as const).map((ground) => (
          <Sample key={ground} ground={ground} name={name} accent={shown} logoUrl={logoUrl} />
        ))}
      </section>
    </div>
  );
}

function Contrast({ colour }: { colour: string }) {
  const ratio = contrast(colour, '#ffffff');
  const isGood = ratio >= MIN_CONTRAST;
  return (
    <Alert color={isGood ? 'green' : 'red'} mt="xs" p="xs" role="status">
      {said.contrast(ratio.toFixed(1))} {isGood ? said.contrastGood : said.contrastBad}
    </Alert>
  );
}

/** The grounds of `theme.css`, both at once. */
const GROUNDS = {
  light: { background: '#ffffff', color: '#1a1d21' },
  dark: { background: '#15171a', color: '#e8eaed' },
} as const;

interface SampleProps {
  readonly ground: Ground;
  readonly name: string;
  readonly accent: string;
  readonly logoUrl: string | null;
}

function Sample({ ground, name, accent, logoUrl }: SampleProps) {
  const { fill, ink, text } = shadesOf(accent, ground);
  return (
    <div className={classes.sample} style={GROUNDS[ground]}>
      <div className={classes.sampleHead}>
        {logoUrl !== null && <img src={logoUrl} alt="" className={classes.sampleLogo} />}
        <span>{name}</span>
      </div>
      <span className={classes.sampleButton} style={{ background: fill, color: ink }}>
        {said.previewButton}
      </span>
      <span className={classes.sampleLink} style={{ color: text }}>
        {said.previewLink}
      </span>
    </div>
  );
}
