//! `raptor gst`: numbers and splits as JSON lines, so that any other implementation can be held against
//! ours.

mod check;
mod given;
mod lines;
mod split;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::Outcome;

/// Indian GST: numbers checked, supplies split, as JSON lines.
///
/// Each line in is one JSON object, each line out its answer, in the same order and as they come, however
/// many there are. A line that is no request is answered with {"line": its number from 1, "error": what is
/// wrong}, the rest go on, and the exit code is 1. Blank lines have no answer. An `id` of any kind in a
/// request is given back as it is written, in an error too unless the line is no JSON. What is null is left
/// out.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = r#"Examples:
  echo '{"gstin":"27AAPFU0939F1ZV"}' | raptor gst check
  echo '{"supplier_state":"Karnataka","recipient":{"state":"Kerala"},"lines":[{"unit_price":"2999"}]}' | raptor gst split"#;

#[derive(Debug, Subcommand)]
enum Command {
    Check(CheckArgs),
    Split(SplitArgs),
}

/// Check GSTINs, PANs and states.
///
/// Request, with at least one of these:
///   gstin   15 characters
///   pan     10 characters
///   state   a name, a GST code (29, "29" or "29-Karnataka") or a large city; 99 is the Centre's
///           jurisdiction
///
/// Answer:
///   valid       whether all that was given is right and fits together
///   kind        of the GSTIN: regular, tds, tcs, uin, non_resident, oidar; or null
///   state       GST code of the state of the GSTIN, else of the state given; or null
///   state_name  the same in words
///   pan         the PAN, given or within the GSTIN, if it is right; or null
///   holder      who holds that PAN: person, company, firm, trust ...; or null
///   reasons     what is wrong: [{field, code, message}]
///   notes       what is worth knowing and not wrong, as a state code that is no longer given out
///
/// Codes of reasons: length, character, state, outside_india, check_character, pan_length, pan_character,
/// pan_holder, pan_serial, unknown, differs.
#[derive(Debug, clap::Args)]
#[command(after_help = CHECK_EXAMPLES, verbatim_doc_comment)]
struct CheckArgs {
    /// Read this file, not standard input.
    #[arg(long)]
    file: Option<PathBuf>,
}

const CHECK_EXAMPLES: &str = r#"Examples:
  echo '{"gstin":"29AAGCB7383J1Z4","state":"Karnataka"}' | raptor gst check
  echo '{"gstin":"22AAAAA0000A1Z5"}' | raptor gst check
  echo '{"pan":"AAPFU0939F"}' | raptor gst check
  raptor gst check --file numbers.jsonl > answers.jsonl"#;

/// Split supplies into taxable values and taxes by head.
///
/// Request:
///   supplier_state   a name, a GST code (29, "29" or "29-Karnataka") or a large city; or instead
///   supplier         {gstin, state}, one of them at least
///   recipient        {kind, gstin, state, country}, all optional. kind is registered, unregistered, sez
///                    or overseas; without it one with a GSTIN is registered, one in another country
///                    than IN overseas, and any other unregistered. The GSTIN's state counts before the
///                    one given; one without either is taken to be where the supplier is. One with a
///                    UIN is unregistered: the state given counts before the UIN's. country is an ISO
///                    3166 code of two or three letters, or India.
///   lines            [{description, sac, quantity (1), unit_price, discount (0, in rupees off the line),
///                    rate_percent (18)}], at least one, of which only unit_price is needed
///   lut              exports and supplies to zones go without tax under a letter of undertaking
///   reverse_charge   the recipient pays the tax, which is shown and not payable
///   tax_inclusive    prices and discounts have their tax in them
///   round_to_rupee   what is payable comes to whole rupees
///
/// Amounts and numbers may be JSON numbers or, exact at any size, strings ("2999.00"). Suppliers outside
/// India (those of online services with numbers that begin with 99) are not split here.
///
/// Answer, with all amounts as strings of two places:
///   place_of_supply       GST code of the state, 96 outside India
///   place_of_supply_name  the same in words
///   heads                 cgst_sgst, cgst_utgst, igst or none
///   lines                 [{description, sac, taxable, rate_percent, cgst, sgst, utgst, igst, tax, total}]
///   totals                {taxable, cgst, sgst, utgst, igst, total_tax, total, payable}; total is taxable
///                         and tax, payable is what the recipient pays the supplier
///   rounding              {round_off, odd_paise}: payable is total (under reverse charge taxable) and
///                         round_off; odd_paise is the part of it that is there because no taxable value
///                         comes to a tax-inclusive price
#[derive(Debug, clap::Args)]
#[command(after_help = SPLIT_EXAMPLES, verbatim_doc_comment)]
struct SplitArgs {
    /// Read this file, not standard input.
    #[arg(long)]
    file: Option<PathBuf>,
}

const SPLIT_EXAMPLES: &str = r#"Examples:
  Within a state, and to a business in another:
    echo '{"supplier_state":"29","recipient":{"state":"29"},"lines":[{"unit_price":"2999"}]}' | raptor gst split
    echo '{"supplier_state":"29","recipient":{"gstin":"27AAPFU0939F1ZV"},"lines":[{"unit_price":2999}]}' | raptor gst split
  An export under a letter of undertaking:
    echo '{"supplier_state":"29","recipient":{"country":"US"},"lines":[{"unit_price":"24999"}],"lut":true}' | raptor gst split
  A price with its tax in it, in whole rupees:
    echo '{"supplier_state":"Goa","lines":[{"unit_price":"100"}],"tax_inclusive":true,"round_to_rupee":true}' | raptor gst split
  Many:
    raptor gst split --file supplies.jsonl > answers.jsonl"#;

pub fn gst(args: &Args) -> Result<Outcome> {
    let (file, answer): (_, lines::Answer) = match &args.command {
        Command::Check(args) => (&args.file, check::answer),
        Command::Split(args) => (&args.file, split::answer),
    };
    let input: Box<dyn Read> = match file {
        Some(path) => {
            let opened = File::open(path);
            Box::new(opened.with_context(|| format!("{} can't be read", path.display()))?)
        }
        None => Box::new(io::stdin().lock()),
    };
    let all_good = lines::answer_all(input, io::stdout().lock(), answer)?;
    Ok(if all_good { Outcome::OK } else { Outcome::BAD })
}
