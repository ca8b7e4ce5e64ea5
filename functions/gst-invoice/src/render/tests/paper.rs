//! Pages as paper, and the file: nothing runs off, tables go on, the same bytes each time.

use typst::layout::{Abs, Frame, FrameItem};
use typst::visualize::ImageKind;

use super::*;

const KIB: usize = 1024;

#[track_caller]
fn stays_on_the_page(pages: &PagedDocument, what: &str) {
    for page in pages.pages() {
        let (width, height) = (page.frame.width().to_pt(), page.frame.height().to_pt());
        let margin = Abs::mm(13.9).to_pt();
        let one = PagedDocument::new([page.clone()].into_iter().collect(), Default::default());
        let mut seen: Vec<(f64, f64, f64, String)> = Vec::new();
        text::each_item(&one, &mut |item, at| {
            let (left, right) = (at.x.to_pt(), (at.x + item.width()).to_pt());
            assert!(
                left >= margin && right <= width - margin && at.y.to_pt() < height,
                "{what}: {:?} from {left} to {right}",
                item.text
            );
            // Lines are further apart than this.
            for (y, from, to, text) in &seen {
                let beside = right.min(*to) - left.max(*from) < 0.5;
                assert!(
                    beside || (at.y.to_pt() - y).abs() > 5.0,
                    "{what}: {:?} stands on {text:?}",
                    item.text
                );
            }
            seen.push((at.y.to_pt(), left, right, item.text.to_string()));
        });
    }
}

#[test]
fn nothing_runs_off_the_page_in_any_language() {
    let registered = registered();
    for sample in ALL {
        for language in Language::ALL {
            let mut document = document(sample);
            let may_be_registered = [B2B, EXPORT, CREDIT_NOTE].contains(&sample);
            for with in [None, may_be_registered.then_some(&registered)] {
                let look = Look {
                    registered: with,
                    ..look(language)
                };
                let pages = RENDERER.invoice(&document, &look).unwrap();
                stays_on_the_page(&pages, &format!("{} {language:?}", document.number));
                assert_eq!(pages.pages().len(), 1, "{} {language:?}", document.number);
                document.declares_no_einvoice = sample == B2C;
            }
        }
    }
    let mut long = document(B2B);
    long.recipient.legal_name = "Chennai".repeat(30);
    long.recipient.email = Some(format!("{}@mail.example", "accounts.".repeat(9)));
    long.recipient.address.lines = vec!["Survey no. 14/2, behind the old mill, ".repeat(6)];
    for line in &mut long.lines {
        line.description = "https://raptorflow.example/".to_owned() + &"campaign".repeat(20);
        line.unit_price = domain::Inr("9999999.99".parse().unwrap());
        line.taxable = domain::Inr("999999999.99".parse().unwrap());
        line.igst = line.taxable;
        line.total = line.taxable;
    }
    let look = Look {
        registered: Some(&registered),
        ..look(Language::Ta)
    };
    stays_on_the_page(&RENDERER.invoice(&long, &look).unwrap(), "long words");
}

#[test]
fn a_long_table_goes_on_with_its_head_and_counts_pages() {
    let pages = RENDERER.invoice(&lines(200), &look(Language::Te)).unwrap();
    let texts = texts(&pages);
    assert!((4..=12).contains(&texts.len()), "{}", texts.len());
    for (at, text) in texts.iter().enumerate() {
        says(
            text,
            &[
                &format!("{} / {}", at + 1, texts.len()),
                "Tax Invoice RF/26-27/000041",
            ],
        );
        if text.contains("Campaign") {
            assert_eq!(
                text.matches("Taxable value").count(),
                if text.contains("₹4,749.00") { 2 } else { 1 }
            );
        }
    }
    let all = texts.join(" ");
    for at in 1..=200 {
        assert_eq!(all.matches(&format!("Campaign {at:03}")).count(), 1, "{at}");
    }
    stays_on_the_page(&pages, "200 lines");
    assert!(
        RENDERER
            .render(&lines(200), &look(Language::Te))
            .unwrap()
            .len()
            < 400 * KIB
    );
}

#[test]
fn the_same_document_is_the_same_bytes_wherever_it_is_made() {
    let (registered, logo) = (registered(), logo());
    let make = |renderer: &Renderer, sample: &str, language| {
        let look = Look {
            language,
            logo: Some(&logo),
            registered: (sample == B2B).then_some(&registered),
        };
        renderer.render(&document(sample), &look).unwrap()
    };
    let first: Vec<Vec<u8>> = ALL
        .iter()
        .zip(Language::ALL.into_iter().cycle())
        .map(|(sample, language)| make(&RENDERER, sample, language))
        .collect();
    // Another renderer, several threads, nothing kept from before.
    comemo::evict(0);
    let other = Renderer::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for ((sample, language), first) in ALL
                    .iter()
                    .zip(Language::ALL.into_iter().cycle())
                    .zip(&first)
                {
                    assert!(make(&other, sample, language) == *first, "{language:?}");
                }
            });
        }
    });
    for (a, b) in first.iter().zip(&first[1..]) {
        assert!(a != b);
    }
}

#[test]
fn files_are_small_and_say_that_they_are_for_archives() {
    let (registered, logo) = (registered(), logo());
    for language in Language::ALL {
        let look = Look {
            language,
            logo: Some(&logo),
            registered: Some(&registered),
        };
        let pdf = RENDERER.render(&document(B2B), &look).unwrap();
        assert!(pdf.len() < 200 * KIB, "{language:?}: {}", pdf.len());
        let text = String::from_utf8_lossy(&pdf);
        says(
            &text[..],
            &[
                "<pdfaid:part>2</pdfaid:part>",
                "<pdfaid:conformance>A</pdfaid:conformance>",
                "<pdfuaid:part>1</pdfuaid:part>",
                "2026-11-21T00:00:00+05:30",
            ],
        );
        assert!(
            text.contains("RF/26-27/000042"),
            "the title names the document"
        );
    }
}

/// Images and their width in millimetres.
fn images(frame: &Frame, found: &mut Vec<(String, f64)>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => images(&group.frame, found),
            FrameItem::Image(image, size, _) => {
                let ImageKind::Svg(svg) = image.kind() else {
                    panic!("all are drawings")
                };
                found.push((svg.data().as_str().unwrap().to_owned(), size.x.to_mm()));
            }
            _ => {}
        }
    }
}

#[test]
fn the_code_on_the_page_is_the_portal_s() {
    let registered = registered();
    let look = Look {
        registered: Some(&registered),
        ..look(Language::En)
    };
    let pages = RENDERER.invoice(&document(B2B), &look).unwrap();
    let mut found = Vec::new();
    images(&pages.pages()[0].frame, &mut found);
    let [(svg, width)] = &found[..] else {
        panic!("one image")
    };
    let side: usize = svg.split('"').nth(7).unwrap().parse().unwrap();
    // The symbol without its quiet zone.
    let symbol = width * (side - 8) as f64 / side as f64;
    assert!(
        symbol >= 30.0 && symbol / (side as f64 - 8.0) > 0.33,
        "{symbol} mm"
    );
    let mut dark = vec![false; side * side];
    let path = svg
        .split_once("d=\"M")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    for run in path.split('M') {
        let (at, rest) = run.split_once('h').unwrap();
        let (x, y) = at.split_once(' ').unwrap();
        let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
        let start = y.parse::<usize>().unwrap() * side + x.parse::<usize>().unwrap();
        dark[start..start + length].fill(true);
    }
    // As a camera sees it: a picture in which the symbol must first be found.
    const SCALE: usize = 3;
    let mut picture =
        rqrr::PreparedImage::prepare_from_bitmap(side * SCALE, side * SCALE, |x, y| {
            dark[y / SCALE * side + x / SCALE]
        });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1);
    assert_eq!(grids[0].decode().unwrap().1, registered.signed_qr);
}

#[test]
fn a_code_that_no_symbol_holds_is_refused() {
    let registered = Registered {
        signed_qr: "a".repeat(4_000),
        ..registered()
    };
    let look = Look {
        registered: Some(&registered),
        ..look(Language::En)
    };
    let error = RENDERER.render(&document(B2B), &look).unwrap_err();
    assert!(matches!(error, RenderError::Qr(4_000)), "{error}");
}

#[test]
fn a_document_with_the_least_in_it_is_set() {
    let mut least = document(B2C);
    least.lines.clear();
    least.period = None;
    least.settlement = None;
    least.recipient.legal_name = " ".into();
    least.recipient.address.lines.clear();
    least.recipient.address.place = String::new();
    least.recipient.address.pin = None;
    least.place_of_supply = "??".into();
    // Below zero there are no words for it.
    least.totals.payable = domain::Inr((-1).into());
    let pdf = RENDERER.render(&least, &look(Language::Bn)).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    let text = text_of(&least, &look(Language::Bn));
    says(&text, &["-₹1.00", "Place of supply", "??"]);
    assert!(!text.contains("in words"));
}
