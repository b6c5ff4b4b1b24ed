import type { Cluster } from '../cluster.ts';
import type { Issue } from '../issue.ts';
import { error, warning } from './issues.ts';

/** Package files of kernels: what goes on hosts as root and boots them. */
export function checkKernel({ kernel }: Cluster): Issue[] {
  const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1);
  const issues: Issue[] = kernel.files.flatMap(({ url, sha256 }, i) => {
    const twice = kernel.files.slice(0, i).some((other) => nameOf(other.url) === nameOf(url));
    return [
      ...(twice
        ? [
            error(
              ['kernel', 'files', i, 'url'],
              `Two package files are called ${nameOf(url)}.`,
              'Leave one of them out.',
            ),
          ]
        : []),
      ...(sha256 === undefined
        ? [
            warning(
              ['kernel', 'files', i],
              `Nobody can tell whether ${nameOf(url)} is what it should be: it has no checksum.`,
              `Set \`sha256\`${url.startsWith('http://') ? '; it comes over plain http, and whoever is on the way can replace it' : ''}.`,
            ),
          ]
        : []),
    ];
  });
  if (kernel.files.length > 0 && kernel.version !== 'newest')
    issues.push(
      error(
        ['kernel', 'version'],
        'Both a version and package files are given.',
        'Leave `version` out to install the files; or `files`, to install the version from repositories.',
      ),
    );
  return issues;
}
