//! Serves the practice platforms from a truth file until killed; prints the endpoints. For trying out by hand.
use docket_practice::{PracticeOptions, serve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let truth = std::env::args().nth(1).ok_or("give the truth file")?.into();
    let served = serve(PracticeOptions { truth, port: None, platforms: Vec::new(), plan: None }).await?;
    #[expect(clippy::print_stdout, reason = "this is what the example is for")]
    for endpoint in served.endpoints() {
        println!("{}", serde_json::to_string(&endpoint)?);
    }
    std::future::pending::<()>().await;
    Ok(())
}
