import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...listFiles('docs', /\.md$/)];

/** Paths below the root, of the files whose name fits. */
function listFiles(folder: string, name: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The names that links give to the headings of a page, as GitHub makes them. */
function readAnchors(page: string): string[] {
  const text = read(page).replace(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(pages)('every link of %s leads to a page, and to a heading of it', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      return (
        !existsSync(join(root, target)) || (anchor !== undefined && !readAnchors(target).includes(anchor))
      );
    });
  expect(broken).toEqual([]);
});

test('every page that the code names is there', () => {
  const files = ['src', 'bin', 'templates', 'rules', 'test', 'scripts', 'bench'].flatMap((folder) =>
    listFiles(folder, /\.(?:ts|js|cjs|hbs|xml|md)$|^[a-z-]+$/),
  );
  const named = files.flatMap((file) => [
    ...[...read(file).matchAll(/\bdocs\/([\w.-]+\.md)\b/g)].map(([, name]) => ({ file, name })),
    ...[...read(file).matchAll(/toPage\('([^']+)'\)/g)].map(([, name]) => ({ file, name })),
  ]);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ name = '' }) => !existsSync(join(root, 'docs', name)))).toEqual([]);
});

test('README.md leads to every page', () => {
  const readme = read('README.md');
  expect(listFiles('docs', /\.md$/).filter((page) => !readme.includes(`](${page}`))).toEqual([]);
});

test.each(['CONTRIBUTING.md', 'docs/architecture.md', 'docs/decisions.md', 'docs/messages.md'])(
  'every file of the code that %s names is there',
  (page) => {
    const paths = [...read(page).matchAll(/\b(?:src|test|templates|rules|scripts)\/[\w./-]*\w/g)];
    expect(paths.map(([path]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  },
);
