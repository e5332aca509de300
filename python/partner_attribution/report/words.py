"""Every sentence and label of the readout, in one file, for whoever writes well.

Fields in braces are filled with figures and names and come out bold; `{name:plain}` does not.
A sentence carries the table and column that back it. Numbers arrive formatted.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from partner_attribution.report import facts as f
from partner_attribution.report.format import (
    clean,
    count,
    day,
    exact_money,
    listed,
    money,
    percent,
    plural,
    signless,
)

# A spread wider than this is marked: the methods tell different stories about the partner.
WIDE_SPREAD = 0.25

CLOSE_CALLS = "Where intervals overlap, or there are none, treat it as a tie."
NO_BIAS = (
    "It says nothing of bias: a method that credits the wrong touches has a narrow interval "
    "around the wrong figure."
)


@dataclass(frozen=True)
class Part:
    """A piece of a sentence; strong ones are figures and names."""

    text: str
    strong: bool


@dataclass(frozen=True)
class Sentence:
    """Text with its figures marked and the columns that back it."""

    parts: tuple[Part, ...]
    source: str = ""

    def __str__(self) -> str:
        return "".join(part.text for part in self.parts)


def say(template: str, source: str = "", **fields: str) -> Sentence:
    """Fill a sentence. Field values are data: braces and markup in them stay text."""
    parts: list[Part] = []
    for text, name, style, _ in string.Formatter().parse(template):
        if text:
            parts.append(Part(text, strong=False))
        if name:
            parts.append(Part(clean(fields[name]), strong=style != "plain"))
    return Sentence(tuple(parts), source)


@dataclass(frozen=True)
class SectionWords:
    """The head of a section: what it shows and how to read it."""

    title: str
    shows: str
    read: str


SECTIONS = {
    "short": SectionWords("In short", "", ""),
    "figures": SectionWords("Headline figures", "", ""),
    "target": SectionWords(
        "Contribution against target",
        "What each partner is credited with in this window, beside the target agreed for it.",
        "Bar: credited amount. Tick: target. Attainment counts only partners that have a target.",
    ),
    "methods": SectionWords(
        "Do the methods agree?",
        "The revenue each partner would be credited with under every method that ran.",
        "Each mark is one method, the band runs from the lowest to the highest. ± is half that "
        "span over the mean; ⚠ marks more than ±25%.",
    ),
    "matrix": SectionWords(
        "Which channels carry which partner?",
        "Credited revenue of every partner through every channel.",
        "Darker cells hold more credit. Rows and columns end in their own totals.",
    ),
    "breakdown": SectionWords(
        "Where the credit sits",
        "Credited revenue by {dimensions}, largest first.",
        "Share is of the whole campaign's credit. A deal touched in several rows counts in each.",
    ),
    "ledger": SectionWords(
        "Is each deal counted once?",
        "All partners' books added up, and the joint ledger in which every deal stands once.",
        "The difference is what reports would double count if each side sent its own.",
    ),
    "credit": SectionWords(
        "Where does the credit go?",
        "Every deal of the window, split over this campaign, other touches and nobody.",
        "The three lines add up to the deals' total, to the cent.",
    ),
    "pace": SectionWords(
        "Are we on pace?",
        "Credited revenue of all partners to date, through the window.",
        "Solid line: credited so far. Dashed line: the targets spread evenly. The last days can "
        "still grow while late deliveries arrive.",
    ),
    "assets": SectionWords(
        "Which assets pay back?",
        "Credited revenue of each asset beside what it cost in the same window.",
        "The mark stands at {unit} on a scale of powers of ten; the tick is one for one. "
        "Credit is not proof of cause, so this is no return on investment.",
    ),
    "funnel": SectionWords(
        "Where do partner leads drop off?",
        "Accounts that each partner engaged in the window, and how many went on: the count, then "
        "its share of the step before.",
        "Darker cells lose more. ▼ marks the lowest partner of a step. * fewer than 30 accounts "
        "in the step before: not compared.",
    ),
    "utm": SectionWords(
        "Were the links tagged as agreed?",
        "Touches of this campaign whose UTMs break the partners' contract, and the credit that "
        "rests on them.",
        "At risk: credit of the agreed method to these touches, for deals of the window. A repair "
        "stands beside what was delivered, never over it.",
    ),
    "health": SectionWords(
        "Can we trust the data?",
        "Checks on feeds, names, identities and money, worst first.",
        "At stake: the deal value that the finding touches. Fix: what to type or ask for next.",
    ),
    "settings": SectionWords(
        "How were these figures made?",
        "The settings and methods behind every number above.",
        "A figure can only be compared with another made with the same settings.",
    ),
}

METHOD_LABELS = {
    "first_touch": "First touch",
    "last_touch": "Last touch",
    "last_non_direct": "Last non-direct",
    "linear": "Linear",
    "position": "Position based",
    "u_shaped": "U-shaped",
    "w_shaped": "W-shaped",
    "full_path": "Full path",
    "time_decay": "Time decay",
    "custom": "Custom weights",
    "markov_global": "Markov (global)",
    "markov_path": "Markov (per path)",
    "shapley_set": "Shapley (sets)",
    "shapley_rate": "Shapley (rates)",
    "hazard_shapley": "Hazard Shapley",
    "multistate": "Multistate",
}

METHOD_DEFINITIONS = {
    "first_touch": "All credit to the first eligible touch of the journey.",
    "last_touch": "All credit to the last eligible touch before the cut-off.",
    "last_non_direct": "All credit to the last touch that is not direct; to the last one if all "
    "are direct.",
    "linear": "Every eligible touch of a journey earns the same share.",
    "position": "First and last touch earn the outer weights, all touches between share the "
    "middle one.",
    "u_shaped": "The first and the lead-creating touch earn 40% each, the others share 20%.",
    "w_shaped": "First, lead-creating and opportunity-creating touch earn 30% each, the others "
    "share 10%.",
    "full_path": "First, lead, opportunity and closing touch earn 22.5% each, the others share "
    "10%.",
    "time_decay": "A touch weighs half as much for every half-life that it lies before the "
    "cut-off.",
    "custom": "Weights by channel and touch type from a lookup.",
    "markov_global": "Credit in proportion to how much conversion falls when a channel is "
    "removed; not split by deal.",
    "markov_path": "Removal effects share each converting journey among its own touches.",
    "shapley_set": "Each journey is shared equally by the distinct members that took part.",
    "shapley_rate": "Average added conversion rate of a member over all combinations.",
    "hazard_shapley": "Expected deals with and without each member, from a model of when "
    "accounts buy.",
    "multistate": "As hazard Shapley, through the stages of the funnel.",
}

ROLES = {
    "analytics_lead": "the co-marketing analytics lead",
    "partner_marketer": "the partner marketer",
    "revops": "RevOps and finance of the partners",
    "executive_sponsor": "the executive sponsors",
}
BUCKETS = {
    "this_campaign": "This campaign's touches",
    "other_touches": "Touches of other campaigns and none",
    "unattributed": "Unattributed: no eligible touch",
    "baseline": "Baseline: would have come anyway",
}
MILESTONES = {f.REVENUE: "Revenue", f.PIPELINE: "Pipeline"}
DIMENSIONS = {"partner": "Partner", "channel": "Channel", "asset": "Asset", "region": "Region"}
STATUSES = {"ok": "fine", "warn": "look", "fail": "failed"}
HEALTH_SECTIONS = {
    "feeds": "Feed",
    "taxonomy": "Names",
    "utm": "UTMs",
    "identity": "Identity",
    "money": "Money",
}
UTM_FINDINGS = {
    "all": "Any finding",
    "stripped": "No UTM at all",
    "missing_required": "A required UTM is missing",
    "personal_data": "An e-mail address in a UTM",
    "placeholder": "A placeholder was sent",
    "padded": "Blanks at the ends",
    "miscased": "Other case",
    "separators": "Other separators",
    "alias": "Another registered name",
    "foreign": "Agreed for another partner",
    "mixed": "Names another campaign",
    "typo": "Mistyped",
    "unknown_value": "Not agreed",
}
UTM_OVERLAP = "A touch with two findings stands in two lines, and once in its partner's first."
STAGES = {"mql": "MQL", "sql": "SQL", "sal": "SAL", "closed_won": "Won", "closed_lost": "Lost"}

LABELS = {
    "skip": "Skip to the figures",
    "credit_by": "Credit by",
    "theme": "Theme",
    "theme_auto": "auto",
    "theme_light": "light",
    "theme_dark": "dark",
    "incomplete": "Read this first",
    "what_to_do": "What to do",
    "source": "Source",
    "run": "About this run",
    "total": "Total",
    "even_pace": "even pace",
}
CLOSING = (
    "This file has no scripts and loads nothing from the network. Credit follows recorded "
    "touches by an agreed rule; it shows association, not proof of cause. An interval says how far "
    "another sample of accounts would move a figure, not whether the method is right."
)
NO_DEALS = "No deal reached this milestone in the window, so there is nothing to share out."
NO_PACE = "No day of this window has figures yet."
NO_ASSETS = "No asset of this campaign has credit or cost in this window."
NO_FUNNEL = "No account was engaged by this campaign in this window."
NO_HEALTH = "No checks were published with these figures."
NO_COST = "no cost recorded"


def withheld(table: str) -> str:
    """In place of a section whose table was not published."""
    return (
        f"Withheld: {table} was not published by this build, because it or one of its tests "
        "failed. The other sections do not depend on it."
    )


def not_built(dimensions: str) -> str:
    """In place of a breakdown that the build does not hold."""
    return f"The build holds no breakdown by {dimensions}."


def more_rows(shown: int, total: int) -> str:
    """Under a table that was cut."""
    return f"The {shown} largest of {count(total)} rows; all of them are in contribution.xlsx."


def method_label(method: str) -> str:
    """A method id as a reader says it."""
    return METHOD_LABELS.get(method, method.replace("_", " ").capitalize())


def method_definition(method: str) -> str:
    """One line on what a method does."""
    return METHOD_DEFINITIONS.get(method, "Defined in the documentation of the methods.")


def stage_label(stage: str) -> str:
    """A funnel stage as a reader says it."""
    return STAGES.get(stage, stage.replace("_", " ").capitalize())


def region_label(region: str | None) -> str:
    """A region id as a reader says it."""
    return "Unknown region" if not region else region.replace("_", " ")


def amount_interval(row: f.Interval, facts: f.Facts) -> str:
    """Under an amount: its interval, how far to trust it, or why there is none."""
    if row.interval_status == f.SUPPRESSED:
        if not row.winning_accounts:
            return ""
        return f"no interval: fewer than {_wins(facts, 'interval_min_wins')}"
    if row.interval_status == f.UNSTEADY:
        return "no interval: unsteady weights"
    if row.interval_status == f.NOT_BUILT:
        return "no interval: not built for this method"
    bounds = (
        f"{money(row.amount_lower, facts.currency)} to {money(row.amount_upper, facts.currency)}"
    )
    return f"{bounds}, low sample" if row.interval_status == f.LOW_SAMPLE else bounds


def share_interval(row: f.Interval) -> str:
    """Under a share: its interval, where there is one."""
    if row.share_lower is None or row.share_upper is None:
        return ""
    return f"{percent(row.share_lower)} to {percent(row.share_upper)}"


def interval_note(facts: f.Facts) -> str:
    """Under a table with intervals: what they cover, and what not."""
    return (
        f"Small print under a figure: its {interval_level(facts)} interval, where the expected "
        "credit under the same method would lie in another sample of accounts. Wins are accounts; "
        f"fewer than {_wins(facts, 'interval_low_wins')} are a low sample, whose interval may be "
        f"too narrow. {NO_BIAS}"
    )


def method_mark(row: f.Comparison, facts: f.Facts) -> str:
    """Beside a mark: what one method credits, and its interval."""
    amount = money(row.credited_amount, facts.currency)
    return f"{method_label(row.method)}: {amount}{_in_brackets(row, facts)}"


def breakdown_note(facts: f.Facts, shown: int, total: int) -> str:
    """Under a breakdown: what was cut, and what the intervals cover."""
    cut = f"{more_rows(shown, total)} " if shown < total else ""
    return cut + interval_note(facts)


def interval_level(facts: f.Facts) -> str:
    """How many intervals should hold what they surround."""
    level = facts.setting("interval_level")
    return percent(float(level)) if level else "most likely"


def _wins(facts: f.Facts, setting: str) -> str:
    return f"{facts.setting(setting) or 'enough'} wins"


def _in_brackets(row: f.Interval | None, facts: f.Facts) -> str:
    """After an amount in a sentence."""
    found = amount_interval(row, facts) if row is not None else ""
    if not found or row is None:
        return ""
    if row.amount_lower is None:
        return f" ({found})"
    return f" ({interval_level(facts)} interval {found})"


def title(facts: f.Facts) -> str:
    """The question the page answers."""
    return f"{clean(facts.campaign.campaign_name)}: who earned the revenue?"


def facts_line(facts: f.Facts) -> tuple[str, ...]:
    """Under the title: window, as-of and how far the data goes."""
    window = facts.window
    name = "campaign flight and tail" if window.window_id == "campaign" else window.window_id
    days = f"{day(window.window_start)} to {day(window.window_end)} ({name})"
    if window.window_end < window.window_start:
        days = f"starts on {day(window.window_start)} ({name})"
    return (
        days,
        f"data as of {day(window.as_of)}"
        + ("" if window.is_complete else ", still running: figures will grow"),
        f"all amounts in {facts.currency or 'the reporting currency'}",
    )


def method_note(facts: f.Facts, method: str) -> str:
    """Beside the method switch: why this method is the one shown."""
    if method == facts.campaign.agreed_method:
        return "agreed method"
    return "chosen for this readout" if method == facts.method else ""


def multi_touch_note(method: str) -> str:
    """For the command: what multi-touch meant."""
    return (
        f"multi-touch is {method_label(method).lower()} ({method}), this campaign's agreed method"
    )


def banner(facts: f.Facts) -> tuple[Sentence, ...]:
    """What a reader must know before the first figure."""
    found: list[Sentence] = []
    feeds = [row for row in facts.health if row.section == "feeds"]
    failed = facts.failed_feeds
    if failed:
        names = sorted({row.feed_id or row.check_name for row in failed})
        found.append(
            say(
                "{number} "
                + ("is" if len(names) == 1 else "are")
                + " missing from every figure below: {names}. Do not compare partners until this "
                "is mended: those concerned may stand too low.",
                "reports.rpt_data_health",
                number=f"{count(len(names))} of "
                + plural(len({row.feed_id or row.check_name for row in feeds}), "feed"),
                names=listed(names[:6]) if len(names) <= 6 else f"{', '.join(names[:6])}, ...",
            )
        )
        found.extend(
            say(
                "{feed}: {detail:plain}. {fix:plain}",
                "reports.rpt_data_health",
                feed=row.feed_id or row.check_name,
                detail=(row.detail or "no detail recorded").rstrip("."),
                fix=_fix(row.fix),
            )
            for row in failed[:6]
        )
    found.extend(
        say(
            "{check} failed, {stake} at stake: {detail:plain}. {fix:plain}",
            "reports.rpt_data_health",
            check=check_label(row),
            stake=money(row.amount_at_stake, facts.currency)
            if row.amount_at_stake
            else "no known amount",
            detail=(row.detail or "no detail recorded").rstrip("."),
            fix=_fix(row.fix),
        )
        for row in facts.failed_checks[:4]
    )
    found.extend(say("{table}: withheld from this build.", table=name) for name in facts.withheld)
    return tuple(found)


def _fix(text: str | None) -> str:
    """What to type, as it is: a path or a CSV row must not change its case."""
    return f"Fix: {text}" if text else "No fix is known; ask the feed's owner."


def in_short(facts: f.Facts, method: str) -> tuple[Sentence, ...]:
    """The readout in four or five sentences, each backed by a figure."""
    found = [
        _headline(facts, method),
        _leader(facts, method),
        _against_targets(facts, method),
        _double_counting(facts),
        _unattributed(facts, method),
    ]
    return tuple(sentence for sentence in found if sentence)


def _headline(facts: f.Facts, method: str) -> Sentence:
    total = facts.total(method)
    source = "reports.rpt_campaign_totals"
    if source in facts.withheld:
        return say("{table} was withheld, so there is no headline.", source, table=source)
    if total is None or not total.conversions:
        pipeline = facts.total(method, f.PIPELINE)
        if pipeline is None or not pipeline.conversions:
            return say(
                "{number} were opened or won in this window, so there is no credit to share.",
                source,
                number="0 deals",
            )
        return say(
            "No deal was won in this window; partners are credited with {pipeline} of the "
            "{total:plain} pipeline opened.",
            source,
            pipeline=money(pipeline.campaign_amount, facts.currency),
            total=money(pipeline.total_amount, facts.currency),
        )
    credited = money(total.campaign_amount, facts.currency) + _in_brackets(total, facts)
    won = money(total.total_amount, facts.currency)
    if total.attainment is None or total.target_amount is None:
        return say(
            "Partners are credited with {credited} of the {won:plain} won in this "
            "window; no partner has a revenue target to hold it against.",
            source,
            credited=credited,
            won=won,
        )
    return say(
        "Partners are credited with {credited} of the {won:plain} won in this "
        "window; those with a target reached {share} of {target:plain}.",
        source,
        credited=credited,
        won=won,
        share=percent(total.attainment),
        target=money(total.target_amount, facts.currency),
    )


def _leader(facts: f.Facts, method: str) -> Sentence | None:
    first = facts.leader(method)
    if first is None:
        return None
    amount = money(first.credited_amount, facts.currency) + _in_brackets(first, facts)
    led, ran = len(facts.methods_led_by(first.partner_id)), len(facts.methods)
    if len(facts.contribution(method)) == 1:
        return say(
            "{name} is the only partner with credit: {amount}.",
            "reports.rpt_contribution",
            name=first.partner_name,
            amount=amount,
        )
    template = (
        "{name} leads with {amount}, {share} of the campaign's credit, and leads "
        "under {led} of {ran:plain}."
    )
    return say(
        template,
        "reports.rpt_contribution",
        name=first.partner_name,
        amount=amount,
        share=percent(first.share_of_campaign),
        led=count(led),
        ran=plural(ran, "method"),
    )


def _against_targets(facts: f.Facts, method: str) -> Sentence | None:
    lowest = facts.furthest_below(method)
    if lowest is None:
        met = [row for row in facts.contribution(method) if row.target_status == "met"]
        if not met:
            return None
        return say(
            "{number} met: every partner with a revenue target reached it.",
            "reports.rpt_contribution",
            number=plural(len(met), "target"),
        )
    return say(
        "{name} is furthest below target: {share} of {target:plain}, {gap} short.",
        "reports.rpt_contribution",
        name=lowest.partner_name,
        share=percent(lowest.attainment),
        target=money(lowest.target_amount, facts.currency),
        gap=gap(lowest, facts.currency),
    )


def gap(row: f.Contribution, currency: str) -> str:
    """The size of the distance to the target."""
    if row.gap_to_target is None:
        return money(None, currency)
    return money(signless(row.gap_to_target), currency)


def _double_counting(facts: f.Facts) -> Sentence | None:
    row = facts.joint_ledger(f.REVENUE)
    if row is None or not row.joint_deals:
        return None
    if not row.shared_deals:
        return say(
            "No deal stands in more than one partner's book: the books and the joint ledger "
            "agree on {amount}.",
            "reports.rpt_joint_ledger",
            amount=money(row.joint_amount, facts.currency),
        )
    return say(
        "Adding up every partner's own books would count {amount} twice; {deals} "
        + ("stands" if row.shared_deals == 1 else "stand")
        + " in more than one book.",
        "reports.rpt_joint_ledger",
        amount=money(row.double_counted_amount, facts.currency),
        deals=plural(row.shared_deals, "deal"),
    )


def _unattributed(facts: f.Facts, method: str) -> Sentence | None:
    row = facts.reconciliation(method, f.REVENUE).get(f.UNATTRIBUTED)
    if row is None or row.share is None:
        return None
    return say(
        "{share} of the won deals' value ({amount:plain}) has no eligible touch and stays "
        "unattributed.",
        "reports.rpt_reconciliation",
        share=percent(row.share),
        amount=money(row.amount, facts.currency),
    )


def check_label(row: f.HealthCheck) -> str:
    """What was checked."""
    return f"{row.feed_id}: {row.check_name}" if row.feed_id else row.check_name


def fine_checks(names: list[str]) -> str:
    """Under the findings: what was checked and is fine."""
    return f"{plural(len(names), 'check')} fine: {', '.join(names)}."


def verdict(row: f.Contribution, currency: str) -> str:
    """Against target, in words."""
    if row.target_status == "met":
        return "target met"
    if row.target_status == "below":
        return f"{gap(row, currency)} below"
    return "no target"


def do_target(facts: f.Facts, method: str) -> Sentence:
    """What to do about contribution against target."""
    without = [
        row.partner_name for row in facts.contribution(method) if row.target_status == "no_target"
    ]
    lowest = facts.furthest_below(method)
    if lowest is not None:
        return say(
            "Take {name} first: agree what closes {gap}. " + CLOSE_CALLS,
            name=lowest.partner_name,
            gap=gap(lowest, facts.currency),
        )
    if without:
        return say(
            "Agree a target for {names} and add it to seeds/targets.csv. " + CLOSE_CALLS,
            names=listed([clean(name) for name in without[:3]]),
        )
    return say("Nothing is below target. " + CLOSE_CALLS)


def do_methods(facts: f.Facts) -> Sentence:
    """What to do about the spread of the methods."""
    wide = sorted(
        {
            row.partner_name
            for row in facts.comparisons
            if row.milestone == f.REVENUE and (row.spread_share or 0) > WIDE_SPREAD
        }
    )
    everyone = {row.partner_name for row in facts.comparisons}
    if wide and len(wide) == len(everyone) > 1:
        return say(
            "Which method is agreed decides who earned the revenue: it moves {names} by more "
            "than ±25%. Ask sales how the largest deals began before arguing from this page. "
            + CLOSE_CALLS,
            names="every partner",
        )
    if wide:
        return say(
            "Do not decide on {names} from this page alone: the credit depends on the method. "
            "Ask sales how those deals began. " + CLOSE_CALLS,
            names=listed([clean(name) for name in wide[:3]]),
        )
    return say(
        "The choice of method moves no partner by more than ±25%: decide on other grounds. That "
        "the methods agree does not prove them right. " + CLOSE_CALLS
    )


def do_matrix(cell: f.Breakdown | None, currency: str) -> Sentence | None:
    """What to do about partner x channel."""
    if cell is None:
        return None
    return say(
        "Start the plan for the next flight from the darkest cell: {partner} through {channel}, "
        "{amount}. An empty cell is a channel that the partner has not used or not tagged.",
        partner=cell.partner_name or "no partner",
        channel=cell.channel_name or "no channel",
        amount=money(cell.credited_amount, currency),
    )


def do_ledger(facts: f.Facts) -> Sentence:
    """What to do about differences between the books."""
    row = facts.joint_ledger(f.REVENUE)
    if row is not None and row.differing_deals:
        return say(
            "Settle {deals} on which the books differ, {amount} in all: see "
            "marts.fct_book_differences, one row per difference.",
            deals=plural(row.differing_deals, "deal"),
            amount=money(row.differing_amount, facts.currency),
        )
    return say("Nothing to settle: the books agree on every deal they share.")


def do_credit(facts: f.Facts, method: str) -> Sentence | None:
    """What to do about credit that goes elsewhere."""
    row = facts.reconciliation(method, f.REVENUE).get(f.UNATTRIBUTED)
    if row is None or not row.amount:
        return say("Nothing is unattributed: every deal has an eligible touch.")
    return say(
        "Look for the missing touches behind {amount}: events and meetings that never reached a "
        "feed, and deals older than the lookback.",
        amount=exact_money(row.amount, facts.currency),
    )


def do_pace(facts: f.Facts, method: str, last: f.Pace) -> Sentence:
    """What to do about pace."""
    credited = money(last.cumulative_amount, facts.currency)
    if last.even_pace_amount is None:
        return say(
            "{credited} credited to date. Without a target there is no pace to hold it against: "
            "add one to seeds/targets.csv.",
            credited=credited,
        )
    even = money(last.even_pace_amount, facts.currency)
    untargeted = [clean(row.partner_name) for row in facts.untargeted(method)]
    if untargeted:
        return say(
            "Read attainment above, not this line, to judge pace: the {credited} credited hold "
            "partners without a target ({names}), the {even:plain} do not.",
            credited=credited,
            even=even,
            names=listed(untargeted[:3]),
        )
    if last.cumulative_amount < last.even_pace_amount:
        return say(
            "{credited} credited where even pace asks for {even:plain}: behind. Check first "
            "whether late deliveries explain it.",
            credited=credited,
            even=even,
        )
    return say(
        "{credited} credited where even pace asks for {even:plain}: keep going.",
        credited=credited,
        even=even,
    )


def do_assets(rows: list[f.AssetReturn], currency: str) -> Sentence | None:
    """What to do about asset return."""
    uncosted = [row for row in rows if row.spend_amount is None and row.credited_amount]
    if uncosted:
        names = [clean(row.asset_name or row.asset_id) for row in uncosted[:3]]
        return say(
            "Record the cost of {names}: without it the asset cannot be compared. " + CLOSE_CALLS,
            names=listed(names),
        )
    costed = [row for row in rows if row.credited_per_spend is not None]
    lowest = min(costed, key=lambda row: (row.credited_per_spend or 0, row.asset_id), default=None)
    if lowest is None:
        return None
    return say(
        "Ask what {name} was for before paying for it again: {amount:plain} credited on {spend}. "
        + CLOSE_CALLS,
        name=lowest.asset_name or lowest.asset_id,
        amount=money(lowest.credited_amount, currency),
        spend=money(lowest.spend_amount, currency),
    )


def do_funnel(worst: f.FunnelStep | None) -> Sentence | None:
    """What to do about drop-off."""
    if worst is None:
        return say("Too few accounts to compare the partners: read the counts only.")
    return say(
        "Ask {partner} what happens before {stage}: {share} go on, the lowest share of any "
        "partner and step with enough accounts.",
        partner=worst.partner_name,
        stage=stage_label(worst.stage),
        share=percent(worst.conversion_from_previous),
    )


def do_health(facts: f.Facts) -> Sentence:
    """What to do about data health."""
    if not facts.problems:
        return say("Nothing: every check is fine.")
    first = facts.problems[0]
    return say(
        "Work from the top. First: {check}. {fix:plain}",
        check=check_label(first),
        fix=_fix(first.fix),
    )


def utm_finding(finding: str) -> str:
    """A finding of the UTM contract in words."""
    return UTM_FINDINGS.get(finding, finding.replace("_", " "))


def utm_example(row: f.UtmRisk) -> str:
    """What was delivered, for example."""
    if row.example_parameter is None:
        return ""
    if row.example_raw_value is None:
        return f"{row.example_parameter} not sent"
    return f"{row.example_parameter}={row.example_raw_value}"


def do_utm(facts: f.Facts) -> Sentence | None:
    """What to do about UTMs: the finding with the most money on it."""
    rows = [row for row in facts.utm_risks if row.finding != f.UTM_ALL and row.fix]
    if not rows:
        return None
    worst = min(rows, key=lambda row: (-row.pipeline_at_risk, -row.touches, row.partner_id))
    return say(
        "Mend first what most credit rests on ({amount} of pipeline, {partner}): {fix:plain}",
        amount=money(worst.pipeline_at_risk, facts.currency),
        partner=facts.partner_name(worst.partner_id),
        fix=worst.fix or "",
    )


def do_settings() -> Sentence:
    """What to do about settings."""
    return say("Change a setting in dbt_project.yml under vars, build again, and say so.")
