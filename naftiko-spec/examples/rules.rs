use naftiko_spec::rules::{check_document, Subject};
fn main() {
    let mut n = 0; let mut read=0;
    let start = std::time::Instant::now();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(document) = naftiko_spec::Document::from_yaml(&text) else { continue };
        read+=1;
        let t=std::time::Instant::now();
        let (lowered, troubles) = naftiko_spec::lower::lower(&document);
        let found = check_document(Subject { document: &document, repairs: &[], lowered: &lowered, troubles: &troubles });
        n += found.len();
        eprintln!("{path} {:?}", t.elapsed());
        for f in found { println!("{:7} {:24} {} | {} | {}\n", f.severity, f.rule.name, f.at, f.message, f.help.unwrap_or_default()); }
        for t in troubles.iter().filter(|t|t.repair.is_some()) { println!("repair  {:24} {} | {}", t.repair.unwrap().code(), t.at, t.message); }
    }
    eprintln!("{read} read {n} findings {:?}", start.elapsed());
}
