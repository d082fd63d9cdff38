using System.Collections.Immutable;
using System.Net;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting.Magics;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>A cell's <c>#r "nuget: …"</c> and <c>#i "nuget:…"</c> lines: feeds first, then all packages in one restore, with what is happening shown.</summary>
internal static class PackageLines
{
    /// <summary>Does what the lines ask; returns how it failed or was stopped, or null.</summary>
    public static async Task<CellResult?> RunAsync(ImmutableArray<PackageLine> lines, MagicContext context)
    {
        if (lines.IsEmpty)
            return null;
        var at = lines[0];
        try
        {
            foreach (var line in lines.Where(l => l.IsFeed))
            {
                at = line;
                context.Session.Packages.AddFeed(PackageFeed.Parse(line.Argument, context.Resolve));
            }

            var requests = new List<PackageRequest>();
            foreach (var line in lines.Where(l => !l.IsFeed))
            {
                at = line;
                var request = PackageRequest.Parse(line.Argument);
                if (HostPackages.Note(request) is { } note)
                    context.Show(MimeBundle.FromText(note));
                else
                    requests.Add(request);
                context.Session.Packages.Missing(requests);
            }

            at = lines.FirstOrDefault(l => !l.IsFeed) ?? at;
            return await AddAsync(context.Session.Packages.Missing(requests), context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PackageException or MagicException)
        {
            return CellErrors.FromDirective(new DirectiveProblem(at.Number, at.Source, e.Message, DirectiveProblem.Package), context.Cell.Name);
        }
        catch (OperationCanceledException) when (context.Cell.Token.IsCancellationRequested)
        {
            return CellResult.Cancelled(context.Cell.Name);
        }
    }

    private static async Task<CellResult?> AddAsync(ImmutableArray<PackageRequest> requests, MagicContext context)
    {
        if (requests.IsEmpty)
            return null;
        var id = context.Cell.NextDisplayId();
        var shown = false;
        var added = await context.Session.Packages.AddAsync(requests, context.Resolve("."), () => Show(MimeBundle.FromText($"Restoring {string.Join(", ", requests)}…")), context.Cell.Token)
            .ConfigureAwait(false);
        Show(Installed(requests, added));
        return await PackageExtensions.RunAsync(added.Packages, context).ConfigureAwait(false);

        void Show(MimeBundle data)
        {
            if (shown)
                context.Cell.Sink.UpdateDisplay(data, id);
            else
                context.Cell.Sink.Display(data, id);
            shown = true;
        }
    }

    private static MimeBundle Installed(ImmutableArray<PackageRequest> requests, AddedPackages added)
    {
        var names = requests.Select(r => added.Packages.FirstOrDefault(p => string.Equals(p.Id, r.Id, StringComparison.OrdinalIgnoreCase)) is { } p ? $"{p.Id}, {p.Version}" : r.ToString()).ToList();
        var items = string.Concat(names.Select(n => $"<li>{WebUtility.HtmlEncode(n)}</li>"));
        var notes = string.Concat(added.Notes.Select(n => $"<p>{WebUtility.HtmlEncode(n)}</p>"));
        return new MimeBundle(
        [
            new(MimeBundle.PlainTextType, string.Join('\n', ["Installed Packages: " + string.Join("; ", names), .. added.Notes])),
            new(MimeBundle.HtmlType, $"<div><strong>Installed Packages</strong><ul>{items}</ul>{notes}</div>"),
        ]);
    }
}
