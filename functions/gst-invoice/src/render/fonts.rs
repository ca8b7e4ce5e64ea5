//! The fonts of all pages, in the program so that a page is the same wherever it is made. See
//! `fonts/OFL.txt` for where they come from and their licence.

/// The five languages of documents in two weights; the other scripts of India, for names, in one.
pub(super) const FONTS: &[&[u8]] = &[
    include_bytes!("../../fonts/NotoSans-Regular.ttf"),
    include_bytes!("../../fonts/NotoSans-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansDevanagari-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansDevanagari-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansTamil-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansTamil-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansTelugu-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansTelugu-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansBengali-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansBengali-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansGujarati-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansGurmukhi-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansKannada-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansMalayalam-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansOriya-Regular.ttf"),
];
