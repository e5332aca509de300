"""Write the demo campaign's deliveries, and the truth behind them.

python demo/generate.py --output demo/deliveries [--truth demo/truth] [--seed 20261031]
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

if not __package__:  # run as a script: make `demo` importable, and its folder not
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from demo import acme_marketing, campaign, contoso, northwind, truth, world
from demo.acme import Salesforce
from demo.entities import World

HERE = Path(__file__).resolve().parent
DEFAULT_SEED = 20261031


def generate(output: Path, truth_folder: Path | None, seed: int = DEFAULT_SEED) -> World:
    """Write everything below `output`/partners; the same seed gives the same bytes."""
    story = world.build(seed)
    partners = output / "partners"
    if partners.exists():
        shutil.rmtree(partners)
    crm = Salesforce(story)
    for day in (campaign.EARLIER_DELIVERY, campaign.LATEST_DELIVERY):
        crm.deliver(partners / campaign.ACME / "salesforce" / str(day), day)
    acme_marketing.deliver(story, crm, partners / campaign.ACME, campaign.LATEST_DELIVERY)
    northwind.deliver(story, partners / campaign.NORTHWIND)
    contoso.deliver(story, partners / campaign.CONTOSO)
    if truth_folder:
        truth.write(story, truth_folder)
    return story


def main() -> None:
    """Read the command line and generate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, default=HERE / "deliveries")
    parser.add_argument("--truth", type=Path, default=HERE / "truth")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    options = parser.parse_args()
    story = generate(options.output, options.truth, options.seed)
    print(
        f"{len(story.accounts)} accounts, {len(story.people)} people, {len(story.deals)} deals, "
        f"{len(story.touches)} touches -> {options.output}"
    )


if __name__ == "__main__":
    main()
