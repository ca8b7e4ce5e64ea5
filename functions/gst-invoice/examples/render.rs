//! Writes the sample documents as PDFs, to look at them, and measures.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use gst_invoice::render::{Language, Logo, Look, Renderer, Report};
use tax::document::{Document, DocumentKind, Registered};

const SAMPLES: [(&str, &str); 7] = [
    ("b2c", include_str!("../tests/samples/b2c.json")),
    ("b2c_declared", include_str!("../tests/samples/b2c.json")),
    ("b2b", include_str!("../tests/samples/b2b.json")),
    ("sez_lut", include_str!("../tests/samples/sez_lut.json")),
    ("export", include_str!("../tests/samples/export.json")),
    (
        "credit_note",
        include_str!("../tests/samples/credit_note.json"),
    ),
    (
        "reverse_charge",
        include_str!("../tests/samples/reverse_charge.json"),
    ),
];
const REGISTERED: &str = include_str!("../tests/samples/registered.json");
const REPORT: &str = include_str!("../tests/samples/report.json");
const LOGO: &[u8] = include_bytes!("../tests/samples/logo.svg");
/// Linux counts processor time in hundredths of a second.
const TICKS_MS: f64 = 10.0;

/// Renders sample invoices, a long one, a credit note and a report.
#[derive(Parser)]
#[command(
    after_help = "Example: cargo run -p gst-invoice --example render -- --language hi --to target/pages"
)]
struct Arguments {
    /// en, hi, ta, te or bn
    #[arg(long, default_value = "en")]
    language: Language,
    /// Directory to write to.
    #[arg(long, default_value = "target/pages")]
    to: PathBuf,
    /// Renders each this many times and says what one costs; 0 only writes.
    #[arg(long, default_value_t = 0)]
    time: u32,
    /// A document as JSON to render in place of the samples.
    #[arg(long)]
    document: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    let renderer = Renderer::new()?;
    let logo = Logo::read(LOGO.to_vec())?;
    let registered: Registered = serde_json::from_str(REGISTERED)?;
    let report: Report = serde_json::from_str(REPORT)?;
    std::fs::create_dir_all(&arguments.to)?;

    let mut documents: Vec<(String, Document)> = Vec::new();
    if let Some(path) = &arguments.document {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        documents.push(("document".into(), serde_json::from_str(&text)?));
    } else {
        for (name, sample) in SAMPLES {
            let mut document: Document = serde_json::from_str(sample)?;
            // Of a supplier who registers what goes to businesses.
            document.declares_no_einvoice = name == "b2c_declared";
            documents.push((name.into(), document.clone()));
            if document.kind == DocumentKind::CreditNote {
                documents.push((format!("{name}_registered"), document));
            }
        }
        let mut long: Document = serde_json::from_str(SAMPLES[0].1)?;
        long.lines = long.lines.iter().cycle().take(200).cloned().collect();
        documents.push(("lines_200".into(), long));
    }
    for (name, document) in &documents {
        let look = Look {
            language: arguments.language,
            logo: Some(&logo),
            registered: ["b2b", "credit_note_registered"]
                .contains(&name.as_str())
                .then_some(&registered),
        };
        // What was set before is kept for a while, so each time it is another document.
        let render = |time: u32| {
            let mut other = document.clone();
            if time > 0 {
                other.number = format!("RF/26-27/{time:06}");
                other.recipient.legal_name = format!("{} {time}", other.recipient.legal_name);
            }
            renderer.render(&other, &look)
        };
        let path = arguments
            .to
            .join(format!("{name}-{}.pdf", arguments.language.as_str()));
        std::fs::write(&path, render(0)?)?;
        write!(out, "{}", path.display())?;
        measure(&mut out, arguments.time, render)?;
    }
    let path = arguments.to.join("report.pdf");
    let render = |time: u32| {
        let mut other = report.clone();
        if time > 0 {
            other.workspace = format!("{} {time}", other.workspace);
        }
        renderer.render_report(&other, Some(&logo))
    };
    std::fs::write(&path, render(0)?)?;
    write!(out, "{}", path.display())?;
    measure(&mut out, arguments.time, render)
}

fn measure<E: std::error::Error + Send + Sync + 'static>(
    out: &mut impl Write,
    times: u32,
    render: impl Fn(u32) -> Result<Vec<u8>, E>,
) -> anyhow::Result<()> {
    if times > 0 {
        let (wall, cpu) = (Instant::now(), processor_ms()?);
        for time in 1..=times {
            render(time)?;
        }
        let each = f64::from(times);
        let cpu = (processor_ms()? - cpu) / each;
        let wall = wall.elapsed().as_secs_f64() * 1_000.0 / each;
        write!(out, "  {cpu:.1} ms of processor, {wall:.1} ms each")?;
    }
    writeln!(out)?;
    Ok(())
}

/// Used by all threads of this process so far.
fn processor_ms() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("this measures on Linux only")?;
    // After the name in brackets: field 3 and on; 14 and 15 are user and system time.
    let fields = stat
        .rsplit_once(") ")
        .map(|(_, rest)| rest)
        .unwrap_or_default();
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? * TICKS_MS)
}
