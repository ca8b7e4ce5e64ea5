use tools::scrape::{Policy, Scraper};

use super::{SECRET, named, pages, private, read};
use crate::support::Site;

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_in_every_spelling() {
    let scraper = Scraper::new(Policy::default());
    for url in [
        // Loopback: whole, short, hexadecimal, decimal, octal.
        "http://127.0.0.1/",
        "http://127.0.0.1:443/",
        "https://127.0.0.53/",
        "http://127.1/",
        "http://127.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://0/",
        "http://0.0.0.0/",
        // As browsers would still understand it.
        "http:127.0.0.1",
        "http:\\\\127.0.0.1\\",
        " http://127.0.0.1/ ",
        "http://%31%32%37.0.0.1/",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://127.0.0.1./",
        // Private, carrier-grade, reserved.
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.168.1.1/",
        "http://0300.0250.1.1/",
        "http://100.64.0.1/",
        "http://198.18.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://224.0.0.1/",
        // Link-local, the metadata server among them.
        "http://169.254.0.1/",
        "http://169.254.169.254/computeMetadata/v1/",
        "http://169.254.43518/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0xA9.0xFE.0xA9.0xFE/",
        "http://0251.0376.0251.0376/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::a9fe:a9fe]/",
        // IPv6, and IPv4 inside it.
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::169.254.169.254]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
    ] {
        let error = read(&scraper, url).await.unwrap_err();
        assert_eq!(
            (error.code, error.retryable),
            ("url.not_public", false),
            "{url}: {error}"
        );
    }
}

#[tokio::test]
async fn what_is_no_plain_web_address_is_refused() {
    let scraper = Scraper::new(Policy::default());
    for (url, said) in [
        ("", "is not an address"),
        ("example.com", "is not an address"),
        ("//example.com/", "is not an address"),
        ("http://", "is not an address"),
        ("http://[::1", "is not an address"),
        ("http://[fe80::1%25eth0]/", "is not an address"),
        ("http://256.256.256.256/", "is not an address"),
        ("http://example.com:99999/", "is not an address"),
        ("file:///etc/passwd", "only http and https"),
        ("ftp://example.com/", "only http and https"),
        ("gopher://127.0.0.1:6379/_INFO", "only http and https"),
        ("data:text/html,hello", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("unix:/var/run/docker.sock", "only http and https"),
        ("http://asha@example.com/", "user name or password"),
        ("http://:secret@example.com/", "user name or password"),
        ("http://example.com@127.0.0.1/", "user name or password"),
        ("http://example.com:22/", "only ports 80 and 443"),
        ("http://example.com:8080/", "only ports 80 and 443"),
        ("https://example.com:6443/", "only ports 80 and 443"),
        ("http://127.0.0.1:5432/", "only ports 80 and 443"),
        ("http://example.com:0/", "only ports 80 and 443"),
    ] {
        let error = read(&scraper, url).await.unwrap_err();
        assert_eq!(
            (error.code, error.retryable),
            ("url.invalid", false),
            "{url}"
        );
        assert!(error.message.contains(said), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_name_that_the_system_resolves_to_loopback_is_refused() {
    let scraper = Scraper::new(Policy::default());
    for url in [
        "http://localhost/",
        "http://LOCALHOST/",
        "https://localhost/",
    ] {
        let error = read(&scraper, url).await.unwrap_err();
        assert_eq!(
            (error.code, error.retryable),
            ("url.not_public", false),
            "{url}: {error}"
        );
        assert!(
            error.message.to_lowercase().starts_with("localhost"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused() {
    let site = Site::serve(private()).await;
    for address in [
        "10.0.0.5",
        "172.16.9.9",
        "192.168.0.1",
        "169.254.169.254",
        "127.0.0.2",
        "::1",
        "::ffff:10.0.0.5",
        "fd00::1",
    ] {
        let scraper = Scraper::new(named(&site, &[("shop.test", &[address])]));
        for url in [
            "http://shop.test/",
            "https://shop.test/",
            "http://SHOP.test/a?b#c",
        ] {
            let error = read(&scraper, url).await.unwrap_err();
            assert_eq!(
                (error.code, error.retryable),
                ("url.not_public", false),
                "{address}: {error}"
            );
            assert_eq!(
                error.message, "shop.test is not a public address",
                "the address itself is not told"
            );
        }
    }
    assert!(site.seen().is_empty());
}

#[tokio::test]
async fn one_private_address_among_those_of_a_name_spoils_it() {
    let site = Site::serve(private()).await;
    let own = site.address.ip().to_string();
    for addresses in [
        ["8.8.8.8", "10.0.0.5"],
        ["10.0.0.5", "8.8.8.8"],
        [own.as_str(), "169.254.169.254"],
        ["169.254.169.254", own.as_str()],
        [own.as_str(), "::1"],
    ] {
        let scraper = Scraper::new(named(&site, &[("shop.test", &addresses)]));
        let url = format!("http://shop.test:{}/", site.address.port());
        let error = read(&scraper, &url).await.unwrap_err();
        assert_eq!(error.code, "url.not_public", "{addresses:?}: {error}");
    }
    assert!(site.seen().is_empty(), "not even robots.txt was asked for");
}

#[tokio::test]
async fn a_name_without_an_address_is_refused() {
    let site = Site::serve(private()).await;
    let scraper = Scraper::new(named(&site, &[("shop.test", &[])]));
    let error = read(&scraper, "http://shop.test/").await.unwrap_err();
    assert_eq!(error.code, "url.not_public");
}

/// What a rebinding name hopes for is a second look-up, after the check. `localhost` is answered here
/// with the allowed address while the system would say 127.0.0.1, on which another site listens.
#[tokio::test]
async fn the_connection_is_made_to_the_address_that_was_checked() {
    let checked = Site::serve_at(
        "127.0.0.2:0".parse().unwrap(),
        pages(&[("/", "<p>checked")]),
    )
    .await;
    let port = checked.address.port();
    let other = Site::serve_at(([127, 0, 0, 1], port).into(), private()).await;
    let scraper = Scraper::new(named(&checked, &[("localhost", &["127.0.0.2"])]));
    for time in 0..3 {
        let page = read(&scraper, &format!("http://localhost:{port}/?{time}"))
            .await
            .unwrap();
        assert_eq!(page["text"], "checked");
    }
    assert_eq!(checked.seen(), ["/robots.txt", "/?0", "/?1", "/?2"]);
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn leave_for_one_address_is_no_leave_for_its_neighbour() {
    let allowed = Site::serve(pages(&[("/", "<p>allowed")])).await;
    let port = allowed.address.port();
    let neighbour = Site::serve_at(([127, 0, 0, 2], port).into(), private()).await;
    let scraper = Scraper::new(named(&allowed, &[("neighbour.test", &["127.0.0.2"])]));
    assert_eq!(
        read(&scraper, &allowed.url("/")).await.unwrap()["text"],
        "allowed"
    );
    for url in [
        neighbour.url("/"),
        format!("http://neighbour.test:{port}/"),
        format!("http://127.2:{port}/"),
    ] {
        let error = read(&scraper, &url).await.unwrap_err();
        assert_eq!(error.code, "url.not_public", "{url}: {error}");
        assert!(!error.message.contains(SECRET), "{error}");
    }
    assert!(neighbour.seen().is_empty());
}
